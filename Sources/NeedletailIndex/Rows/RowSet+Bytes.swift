extension RowSet {
  /// The set as bytes: bit `i` of byte `b`, counted from the lowest, is row `8 b + i`; no zero bytes at the end.
  public var bytes: [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(words.count * 8)
    for word in words {
      for shift in stride(from: UInt64(0), to: 64, by: 8) { result.append(UInt8(truncatingIfNeeded: word >> shift)) }
    }
    while result.last == 0 { result.removeLast() }
    return result
  }

  /// The set that `bytes` describes; any bytes describe one.
  public init(bytes: some Collection<UInt8>) {
    var words = [UInt64](repeating: 0, count: (bytes.count + 7) / 8)
    for (number, byte) in bytes.enumerated() { words[number / 8] |= UInt64(byte) << UInt64(8 * (number % 8)) }
    self.init(words: words)
  }
}

extension RowSet: Codable {
  public init(from decoder: any Decoder) throws {
    self.init(bytes: try decoder.singleValueContainer().decode([UInt8].self))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(bytes)
  }
}
