/// What kind of codes to keep vectors as.
///
/// Written as users of other engines know it: `f32`, `f16`, `bf16`; `sq8`, `sq4`; `lvq8`, `lvq4`, `lvq4x8`; `pq48x4`,
/// `opq48x8`, `apq48x4`; `rabitq1` to `rabitq8`; `sign`.
public enum CodecSpecification: Hashable, Sendable {
  case float32, float16, bfloat16
  /// 8 or 4 bits between the least and the greatest value of each component.
  case scalar(bits: Int)
  /// 8 or 4 bits between the least and the greatest component of each vector, and 0, 4 or 8 bits of what they miss.
  case locallyAdaptive(bits: Int, residualBits: Int)
  /// A vector cut into parts, each kept as the number of one of 16 or 256 learned ones.
  case product(parts: Int, bits: Int, isRotated: Bool)
  /// The same, the learned ones chosen by what inner products lose instead of by distance.
  case anisotropic(parts: Int, bits: Int)
  /// 1 to 8 bits a component after a random rotation, with a bound on the error.
  case rotated(bits: Int)
  /// The sign of each component.
  case signs
  /// Codes of a trained network: `bits` signs and as many for each of `steps` corrections.
  case recurrent(bits: Int, steps: Int)
  /// Product codes of a trained projection.
  case projected(parts: Int, bits: Int)
}

extension CodecSpecification: CustomStringConvertible {
  public var description: String {
    switch self {
    case .float32: "f32"
    case .float16: "f16"
    case .bfloat16: "bf16"
    case .scalar(let bits): "sq\(bits)"
    case .locallyAdaptive(let bits, let residualBits): residualBits == 0 ? "lvq\(bits)" : "lvq\(bits)x\(residualBits)"
    case .product(let parts, let bits, let isRotated): "\(isRotated ? "o" : "")pq\(parts)x\(bits)"
    case .anisotropic(let parts, let bits): "apq\(parts)x\(bits)"
    case .rotated(let bits): "rabitq\(bits)"
    case .signs: "sign"
    case .recurrent(let bits, let steps): "binary\(bits)x\(steps + 1)"
    case .projected(let parts, let bits): "projected\(parts)x\(bits)"
    }
  }

  /// Reads a name as the type's comment lists them; nil for any other.
  public init?(_ name: String) {
    switch name.lowercased() {
    case "f32", "float32": self = .float32
    case "f16", "float16": self = .float16
    case "bf16", "bfloat16": self = .bfloat16
    case "sign", "signs": self = .signs
    default:
      guard let numbered = Self.numbered(name.lowercased()) else { return nil }
      self = numbered
    }
  }

  private static func numbered(_ name: String) -> CodecSpecification? {
    let prefix = name.prefix { $0.isLetter && $0 != "x" }
    let numbers = name.dropFirst(prefix.count).split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    switch (prefix, numbers.count, numbers.first ?? nil, numbers.last ?? nil) {
    case ("sq", 1, let bits?, _): return [4, 8].contains(bits) ? .scalar(bits: bits) : nil
    case ("lvq", 1, let bits?, _): return [4, 8].contains(bits) ? .locallyAdaptive(bits: bits, residualBits: 0) : nil
    case ("lvq", 2, let bits?, let rest?):
      return [4, 8].contains(bits) && [4, 8].contains(rest) ? .locallyAdaptive(bits: bits, residualBits: rest) : nil
    case ("pq", 2, let parts?, let bits?), ("opq", 2, let parts?, let bits?):
      return parts > 0 && [4, 8].contains(bits) ? .product(parts: parts, bits: bits, isRotated: prefix == "opq") : nil
    case ("apq", 2, let parts?, let bits?): return parts > 0 && [4, 8].contains(bits) ? .anisotropic(parts: parts, bits: bits) : nil
    case ("rabitq", 1, let bits?, _): return (1...8).contains(bits) ? .rotated(bits: bits) : nil
    default: return nil
    }
  }

  /// One of each kind, for vectors of any dimension from 16 up.
  public static let examples: [CodecSpecification] = [
    .float32, .float16, .bfloat16, .scalar(bits: 8), .scalar(bits: 4), .locallyAdaptive(bits: 8, residualBits: 0),
    .locallyAdaptive(bits: 4, residualBits: 0), .locallyAdaptive(bits: 4, residualBits: 4),
    .locallyAdaptive(bits: 4, residualBits: 8), .locallyAdaptive(bits: 8, residualBits: 8),
    .product(parts: 8, bits: 8, isRotated: false), .product(parts: 8, bits: 4, isRotated: false),
    .product(parts: 8, bits: 4, isRotated: true), .anisotropic(parts: 8, bits: 8), .anisotropic(parts: 8, bits: 4), .signs,
  ] + (1...8).map { .rotated(bits: $0) }

  func validate(dimension: Int) throws(IndexError) {
    switch self {
    case .product(let parts, _, _), .anisotropic(let parts, _):
      guard parts >= 1, parts <= max(1, dimension) else {
        throw .invalidParameter("a vector of \(dimension) components is cut into 1 to \(dimension) parts, not \(parts)")
      }
    case .recurrent, .projected:
      throw .invalidParameter("codes of a network need a trained one: pass the codec itself, or its file on the command line")
    default: break
    }
  }
}

extension CodecSpecification: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let name = try container.decode(String.self)
    guard let specification = CodecSpecification(name) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "no codec is called \(name)")
    }
    self = specification
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
