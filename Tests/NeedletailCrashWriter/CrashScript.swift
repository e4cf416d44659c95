internal import NeedletailCore
internal import NeedletailIndex
internal import NeedletailNumerics
package import NeedletailStore
internal import NeedletailText

/// What the writing process does, as a function of a seed, so that the test knows it, too.
package struct CrashScript {
  package static let collection = "crash"
  package static let dimension = 8

  private var generator: SeededGenerator

  package init(seed: UInt64) {
    generator = SeededGenerator(seed: seed)
  }

  /// Opens, or makes, the collection with segments small enough that many are built in a second.
  package static func open(in directory: DataDirectory) throws -> DocumentCollection {
    let embedder = EmbedderProfile(name: "random", digest: "0", dimension: dimension, maximumTokens: 16, similarity: .dot)
    let index = DenseIndexSpecification(layout: .flat, codec: .float32)
    return try DocumentCollection.open(
      collection, in: directory, access: .create(CollectionSettings(embedder: embedder, analyzer: .plain, index: index)),
      minimumSegmentRows: 24, maximumDeltaRows: 64)
  }

  /// Some documents that are written and some that are removed.
  package struct Batch {
    /// Numbers of documents to write, each with a version that tells its contents.
    package var writes: [Int: UInt64] = [:]
    package var removals: [Int] = []
    package var settles = false

    package func apply(to collection: DocumentCollection) async throws {
      if !writes.isEmpty {
        try await collection.write(writes.sorted { $0.key < $1.key }.map { CrashDocument(number: $0.key, version: $0.value).write })
      }
      if !removals.isEmpty { try await collection.remove(documents: removals.map { "document-\($0)" }) }
    }
  }

  /// The next batch: writes or removals, never both, since each is one transaction.
  package mutating func next() -> Batch {
    var batch = Batch()
    if Int.random(in: 0..<5, using: &generator) == 0 {
      batch.removals = (0..<Int.random(in: 1...10, using: &generator)).map { _ in Int.random(in: 0..<200, using: &generator) }
    } else {
      for _ in 0..<Int.random(in: 1...20, using: &generator) {
        batch.writes[Int.random(in: 0..<200, using: &generator)] = generator.next() >> 16
      }
    }
    batch.settles = Int.random(in: 0..<6, using: &generator) == 0
    return batch
  }

  package static func vector(seed: UInt64) -> [Float] {
    var generator = SeededGenerator(seed: seed)
    let values = (0..<dimension).map { _ in Float.random(in: -1...1, using: &generator) }
    let length = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return values.map { $0 / length }
  }
}

/// A document whose contents follow from its number and version.
package struct CrashDocument {
  package var number: Int
  package var version: UInt64

  package init(number: Int, version: UInt64) {
    self.number = number
    self.version = version
  }

  package var id: String { "document-\(number)" }
  package var passageCount: Int { Int(version % 3) + 1 }

  /// A word that no other passage has.
  package func word(_ ordinal: Int) -> String { "n\(number)v\(version)p\(ordinal)" }
  package func vector(_ ordinal: Int) -> [Float] { CrashScript.vector(seed: version &* 4 &+ UInt64(ordinal)) }

  package var write: DocumentWrite {
    var text = ""
    var passages: [Passage] = []
    for ordinal in 0..<passageCount {
      let start = text.utf8.count
      text += "common \(word(ordinal)) "
      passages.append(Passage(ordinal: ordinal, byteRange: start..<text.utf8.count))
    }
    return DocumentWrite(
      document: Document(id: id, title: id, text: text, payload: ["number": .integer(Int64(number)), "version": .integer(Int64(version))]),
      passages: passages, vectors: DenseVectors(dimension: CrashScript.dimension, values: (0..<passageCount).flatMap { vector($0) }))
  }
}
