import Foundation
import NeedletailCore
import NeedletailIndex
import NeedletailNumerics
import NeedletailStore
import NeedletailText

/// A data directory that is removed with the object.
final class TemporaryDirectory: Sendable {
  let path: String
  var data: DataDirectory { DataDirectory(path: path) }

  init() throws {
    path = NSTemporaryDirectory() + "needletail-store-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The index files of a collection, by name.
  func indexFiles(_ name: String = "test") -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: indexFolder(name))) ?? []).sorted()
  }

  func indexFolder(_ name: String = "test") -> String { "\(path)/collections/\(name)/indexes" }
}

extension CollectionSettings {
  /// Exact scores, so that they can be compared with plain arithmetic.
  static func exact(dimension: Int? = 8, precision: VectorPrecision = .float32, similarity: Similarity = .dot) -> CollectionSettings {
    let embedder = dimension.map { EmbedderProfile(name: "random", digest: "0", dimension: $0, maximumTokens: 16, similarity: similarity) }
    return CollectionSettings(
      embedder: embedder, analyzer: .plain, precision: precision, index: DenseIndexSpecification(layout: .flat, codec: .float32))
  }
}

extension DocumentWrite {
  /// A document with one passage for each text; vectors are given or random.
  init(
    _ id: String, _ texts: [String], payload: Payload = [:], root: String? = nil, vectors: [[Float]]? = nil, dimension: Int? = 8,
    using generator: inout SeededGenerator
  ) {
    var text = ""
    var passages: [Passage] = []
    for (ordinal, piece) in texts.enumerated() {
      let start = text.utf8.count
      text += piece
      passages.append(Passage(ordinal: ordinal, byteRange: start..<text.utf8.count, headings: ordinal == 0 ? [] : ["Part \(ordinal)"]))
      text += "\n"
    }
    let rows = dimension.map { dimension in
      vectors ?? texts.map { _ in (0..<dimension).map { _ in Float.random(in: -1...1, using: &generator) } }
    }
    self.init(
      document: Document(id: id, title: "Title of \(id)", text: text, payload: payload), root: root,
      fingerprint: Fingerprint(size: Int64(text.utf8.count), modified: 1, hash: "hash of \(id)"), passages: passages,
      vectors: rows.map { DenseVectors(dimension: dimension ?? 0, values: Array($0.joined())) })
  }
}

/// Some documents of one or two passages.
func sampleDocuments(_ count: Int, seed: UInt64 = 1, dimension: Int? = 8) -> [DocumentWrite] {
  var generator = SeededGenerator(seed: seed)
  return (0..<count).map { number in
    DocumentWrite(
      "doc-\(number)", ["alpha word\(number)", "beta other\(number)"].prefix(1 + number % 2).map { $0 },
      payload: ["number": .integer(Int64(number)), "parity": .string(number % 2 == 0 ? "even" : "odd")], dimension: dimension,
      using: &generator)
  }
}

func dot(_ left: some Sequence<Float>, _ right: some Sequence<Float>) -> Float { zip(left, right).reduce(0) { $0 + $1.0 * $1.1 } }
