/// Memory that tensors give back when they are gone and that later ones take again.
///
/// A piece serves requests down to half its size, so that batches of about the same size share. After the first few steps nothing is
/// allocated any more; pieces that nobody needed for some steps are freed.
final class TensorMemory {
  /// By size, the smallest first.
  private var idle: [(memory: AlignedMemory, lastUsed: Int)] = []
  private var lent: [ObjectIdentifier: AlignedMemory] = [:]
  /// Bytes held, lent or idle.
  private(set) var byteCount = 0
  /// Counts the times that everything was taken back.
  private(set) var generation = 0

  private static let patience = 8

  /// Memory for so many floats, with whatever was in it.
  func take(_ count: Int) -> AlignedMemory {
    let size = Self.roundedUp(max(count, 16) * MemoryLayout<Float>.stride)
    let place = firstPlace(atLeast: size)
    if place < idle.count, idle[place].memory.byteCount <= 2 * size { return lend(idle.remove(at: place).memory) }
    byteCount += size
    return lend(AlignedMemory(byteCount: size))
  }

  /// Takes back what was lent and is not used any more.
  func giveBack(_ memory: AlignedMemory) {
    if lent.removeValue(forKey: ObjectIdentifier(memory)) != nil { keep(memory) }
  }

  /// Takes back everything.
  func giveBackAll() {
    for memory in lent.values { keep(memory) }
    lent.removeAll(keepingCapacity: true)
    generation += 1
    idle.removeAll { piece in
      let isStale = generation - piece.lastUsed > Self.patience
      if isStale { byteCount -= piece.memory.byteCount }
      return isStale
    }
  }

  private func lend(_ memory: AlignedMemory) -> AlignedMemory {
    lent[ObjectIdentifier(memory)] = memory
    return memory
  }

  private func keep(_ memory: AlignedMemory) {
    idle.insert((memory, generation), at: firstPlace(atLeast: memory.byteCount))
  }

  private func firstPlace(atLeast size: Int) -> Int {
    var (low, high) = (0, idle.count)
    while low < high {
      let middle = (low + high) / 2
      if idle[middle].memory.byteCount < size { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private static func roundedUp(_ bytes: Int) -> Int {
    let step = max(64, (1 << (Int.bitWidth - bytes.leadingZeroBitCount - 1)) / 8)
    return (bytes + step - 1) / step * step
  }
}
