/// How the numbers of a stored tensor are written; always little endian.
public enum ElementType: String, Hashable, Sendable, CaseIterable {
  case boolean = "BOOL"
  case uint8 = "U8"
  case int8 = "I8"
  case uint16 = "U16"
  case int16 = "I16"
  case uint32 = "U32"
  case int32 = "I32"
  case uint64 = "U64"
  case int64 = "I64"
  case float16 = "F16"
  case bfloat16 = "BF16"
  case float32 = "F32"
  case float64 = "F64"

  /// Bytes that one number takes.
  public var byteCount: Int {
    switch self {
    case .boolean, .uint8, .int8: 1
    case .uint16, .int16, .float16, .bfloat16: 2
    case .uint32, .int32, .float32: 4
    case .uint64, .int64, .float64: 8
    }
  }
}

/// Where a tensor lies in its file, and what it looks like.
public struct StoredTensor: Hashable, Sendable {
  public let name: String
  public let elementType: ElementType
  /// Extents, slowest first; empty for a single number.
  public let shape: [Int]
  /// The bytes it occupies, counted from the start of the file.
  public let byteRange: Range<Int>

  /// How many numbers it holds.
  public var count: Int { byteRange.count / elementType.byteCount }
}
