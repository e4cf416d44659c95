internal import Foundation
public import NeedletailCore
internal import NeedletailText

/// Turns texts into sparse vectors that, under inverse document frequencies, score as BM25 (S. Robertson and H. Zaragoza,
/// "The Probabilistic Relevance Framework", 2009): a document's weights hold term frequency and length, a query's are 1.
public struct BM25Document: Sendable {
  /// The names under which clients ask for it.
  public static let models: Set<String> = ["qdrant/bm25"]

  /// How fast the weight of a frequent term saturates.
  public var k: Float
  /// How much length counts.
  public var b: Float
  /// Tokens of a document of average length.
  public var averageLength: Float
  private let text: TextOptions

  /// Reads the options of a request; English stop words and stemmer unless they say otherwise.
  public init(_ options: Payload) {
    k = options["k"]?.double.map { Float($0) } ?? 1.2
    b = options["b"]?.double.map { Float($0) } ?? 0.75
    averageLength = options["avg_len"]?.double.map { Float($0) } ?? 256
    var schema = options
    let language = options["language"]?.string ?? "english"
    if schema["stopwords"] == nil { schema["stopwords"] = .string(language) }
    if schema["stemmer"] == nil, language != "none" { schema["stemmer"] = .object(["type": "snowball", "language": .string(language)]) }
    text = TextOptions(schema: schema)
  }

  /// The vector of a document or of a query.
  public func vector(of document: String, isQuery: Bool) -> SparsePointVector {
    let tokens = text.tokens(of: document)
    var counts: [UInt32: Float] = [:]
    for token in tokens { counts[Self.index(of: token), default: 0] += 1 }
    let indices = counts.keys.sorted()
    guard !isQuery else { return SparsePointVector(indices: indices, values: indices.map { _ in 1 }) }
    let norm = k * (1 - b + b * Float(tokens.count) / averageLength)
    return SparsePointVector(indices: indices, values: indices.map { index in
      let count = counts[index] ?? 0
      return count * (k + 1) / (count + norm)
    })
  }

  /// The dimension of a token: the magnitude of its hash as a signed number.
  private static func index(of token: String) -> UInt32 { Int32(bitPattern: Murmur3.hash(Array(token.utf8))).magnitude }
}

/// MurmurHash3 of 32 bits with seed 0 (A. Appleby).
enum Murmur3 {
  static func hash(_ bytes: [UInt8]) -> UInt32 {
    func rotate(_ value: UInt32, _ count: UInt32) -> UInt32 { value << count | value >> (32 - count) }
    func mixed(_ block: UInt32) -> UInt32 { rotate(block &* 0xCC9E_2D51, 15) &* 0x1B87_3593 }
    var hash: UInt32 = 0
    let blocks = bytes.count / 4
    for block in 0..<blocks {
      let word = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[4 * block + $1]) << UInt32(8 * $1) }
      hash = rotate(hash ^ mixed(word), 13) &* 5 &+ 0xE654_6B64
    }
    let tail = bytes[(4 * blocks)...]
    if !tail.isEmpty { hash ^= mixed(tail.enumerated().reduce(UInt32(0)) { $0 | UInt32($1.element) << UInt32(8 * $1.offset) }) }
    hash ^= UInt32(bytes.count)
    hash = (hash ^ hash >> 16) &* 0x85EB_CA6B
    hash = (hash ^ hash >> 13) &* 0xC2B2_AE35
    return hash ^ hash >> 16
  }
}
