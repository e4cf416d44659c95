internal import Foundation
public import NeedletailCore
public import NeedletailIndex
internal import NeedletailNumerics

/// An index of sparse vectors with the identifiers of its rows and the names of its terms, in a folder.
///
/// ```swift
/// let lines = try SparseVectorLines(path: "passages.jsonl")
/// try SparseVectorCollection(lines, parameters: ClusteredSparseParameters()).write(to: "passages.sparse")
///
/// let collection = try SparseVectorCollection(path: "passages.sparse")
/// let queries = try collection.queries(path: "questions.jsonl")
/// let best = try collection.index.search(queries.vectors[0], SearchOptions(limit: 10))
/// print(collection.ids[Int(best[0].row)])
/// ```
public struct SparseVectorCollection: Sendable {
  public let index: any SparseIndex
  /// Of each row.
  public let ids: [String]
  /// Nil if terms have numbers only.
  public let vocabulary: SparseVocabulary?

  private static let indexName = "vectors.index"
  private static let idsName = "ids.json"
  private static let vocabularyName = "terms.json"

  /// Indexes vectors.
  ///
  /// - Parameters:
  ///   - lines: identifiers, vectors and the vocabulary of their terms.
  ///   - parameters: of a clustered index; nil for an exact one.
  public init(_ lines: SparseVectorLines, parameters: ClusteredSparseParameters?) throws {
    ids = lines.ids
    vocabulary = lines.vocabulary
    index =
      if let parameters { try ClusteredSparseIndex(lines.vectors, parameters: parameters) } else {
        try InvertedSparseIndex(lines.vectors)
      }
  }

  /// Opens a folder that `write(to:)` made.
  public init(path: String) throws {
    index = try SparseIndexFactory.open("\(path)/\(Self.indexName)")
    let idsPath = "\(path)/\(Self.idsName)"
    do {
      ids = try JSONDecoder().decode([String].self, from: Data(contentsOf: URL(fileURLWithPath: idsPath)))
    } catch {
      throw UnreadableSparseVectors(path: idsPath, line: nil, reason: "it is not a JSON array of identifiers; build the index again")
    }
    let terms = "\(path)/\(Self.vocabularyName)"
    vocabulary = FileManager.default.fileExists(atPath: terms) ? try SparseVocabulary(path: terms) : nil
    guard ids.count == index.count, vocabulary.map({ $0.count == index.dimension }) ?? true else {
      throw UnreadableSparseVectors(path: path, line: nil, reason: "its files do not belong together; build the index again")
    }
  }

  /// Writes a folder, which is made if need be.
  public func write(to path: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw UnreadableSparseVectors(path: path, line: nil, reason: "the folder cannot be made (\(error.localizedDescription))")
    }
    try write(JSONEncoder().encode(ids), to: "\(path)/\(Self.idsName)")
    let terms = "\(path)/\(Self.vocabularyName)"
    if let vocabulary {
      try write(JSONEncoder().encode(vocabulary.terms), to: terms)
    } else {
      try? FileManager.default.removeItem(atPath: terms)
    }
    try index.write(to: "\(path)/\(Self.indexName)")
  }

  private func write(_ data: Data, to path: String) throws {
    try AtomicFile.write(to: path) { writer throws(FileError) in try writer.write([UInt8](data)) }
  }

  /// Reads queries over the terms of this collection, from lines or from a `.csr` file; terms that no row has are left out.
  public func queries(path: String) throws -> SparseVectorLines {
    if path.hasSuffix(".csr") { return SparseVectorLines(vectors: try SparseVectors(contentsOf: path)) }
    return try SparseVectorLines(path: path, vocabulary: vocabulary, dimension: vocabulary == nil ? index.dimension : nil)
  }
}

extension SparseVectorLines {
  /// Vectors whose identifiers are the numbers of their rows.
  public init(vectors: SparseVectors) {
    self.init(ids: (0..<vectors.count).map(String.init), vectors: vectors)
  }
}
