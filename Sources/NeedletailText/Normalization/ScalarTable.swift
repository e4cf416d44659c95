/// A number for each Unicode scalar, as a two-stage table: blocks that are alike are stored once.
struct ScalarTable: Sendable {
  private static let blockBits = 7
  private static let blockSize = 1 << blockBits

  /// For each block of 128 scalars, where its values begin in `values`.
  private var starts: [Int32]
  private var values: [UInt16]

  /// A table of zeros.
  init() {
    values = Array(repeating: 0, count: Self.blockSize)
    starts = Array(repeating: 0, count: 0x110000 >> Self.blockBits)
  }

  /// Reads runs of `gap length value`, written in decimal and separated by blanks.
  init(runs text: String) {
    self.init()
    var numbers = NumberReader(text)
    var position = 0
    while let gap = numbers.next(), let length = numbers.next(), let value = numbers.next() {
      let start = position + gap
      fill(start..<start + length, with: UInt16(value))
      position = start + length
    }
  }

  subscript(scalar: UInt32) -> UInt16 {
    values[Int(starts[Int(scalar >> Self.blockBits)]) + Int(scalar) & (Self.blockSize - 1)]
  }

  /// Sets the value of one scalar.
  mutating func set(_ scalar: UInt32, to value: UInt16) {
    let block = Int(scalar) >> Self.blockBits
    own(block)
    values[Int(starts[block]) + Int(scalar) & (Self.blockSize - 1)] = value
  }

  /// Sets the value of a range that had none; whole blocks share their storage.
  private mutating func fill(_ range: Range<Int>, with value: UInt16) {
    var position = range.lowerBound
    var shared: Int32?
    while position < range.upperBound {
      let block = position >> Self.blockBits
      let end = min(range.upperBound, (block + 1) << Self.blockBits)
      if end - position == Self.blockSize {
        if shared == nil {
          shared = Int32(values.count)
          values.append(contentsOf: repeatElement(value, count: Self.blockSize))
          sharedStarts.insert(Int32(values.count - Self.blockSize))
        }
        starts[block] = shared ?? 0
      } else {
        for scalar in position..<end { set(UInt32(scalar), to: value) }
      }
      position = end
    }
  }

  /// Blocks that stand for several; they are copied before one of them changes.
  private var sharedStarts: Set<Int32> = [0]

  private mutating func own(_ block: Int) {
    let start = Int(starts[block])
    guard sharedStarts.contains(Int32(start)) else { return }
    starts[block] = Int32(values.count)
    values.append(contentsOf: values[start..<start + Self.blockSize])
  }
}

/// Reads the decimal numbers of a generated table.
struct NumberReader {
  private let bytes: [UInt8]
  private var position = 0

  init(_ text: String) { bytes = Array(text.utf8) }

  mutating func next() -> Int? {
    while position < bytes.count, bytes[position] == 0x20 { position += 1 }
    guard position < bytes.count else { return nil }
    let isNegative = bytes[position] == 0x2D
    if isNegative { position += 1 }
    var value = 0
    while position < bytes.count, bytes[position] != 0x20 {
      value = value * 10 + Int(bytes[position] &- 0x30)
      position += 1
    }
    return isNegative ? -value : value
  }
}
