/// Memory that tensors of one step give back and those of the next take again.
///
/// Sizes are rounded up to eighths of powers of two, so that batches of about the same size share. After the first few steps
/// nothing is allocated any more.
final class TensorMemory {
  private var idle: [Int: [AlignedMemory]] = [:]
  private var lent: [AlignedMemory] = []
  /// Bytes held, lent or idle.
  private(set) var byteCount = 0

  /// Memory for so many floats, with whatever was in it.
  func take(_ count: Int) -> AlignedMemory {
    let size = Self.roundedUp(max(count, 16) * MemoryLayout<Float>.stride)
    if let memory = idle[size]?.popLast() { return lend(memory) }
    byteCount += size
    return lend(AlignedMemory(byteCount: size))
  }

  /// Takes back what was lent and is not used any more before the end of the step.
  func giveBack(_ memory: AlignedMemory) {
    // the last ones lent are the first given back
    guard let place = lent.lastIndex(where: { $0 === memory }) else { return }
    lent.remove(at: place)
    idle[memory.byteCount, default: []].append(memory)
  }

  /// Takes back everything.
  func giveBackAll() {
    for memory in lent { idle[memory.byteCount, default: []].append(memory) }
    lent.removeAll(keepingCapacity: true)
  }

  private func lend(_ memory: AlignedMemory) -> AlignedMemory {
    lent.append(memory)
    return memory
  }

  private static func roundedUp(_ bytes: Int) -> Int {
    let step = max(64, (1 << (Int.bitWidth - bytes.leadingZeroBitCount - 1)) / 8)
    return (bytes + step - 1) / step * step
  }
}
