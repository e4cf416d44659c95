internal import Foundation
public import NeedletailCore
internal import Synchronization

/// Vectors of texts that were embedded before, by model and text: whoever measures embeds the same texts again and again.
///
/// A text is known by its hash, so that it is found whatever it was embedded together with. Each batch that was embedded becomes a file of its
/// own, at once, so that a run that was stopped does not begin anew. What cannot be read or written is embedded again, and any file may be
/// deleted at any time. Several processes may share a folder.
public final class EmbeddingCache: Sendable {
  /// What is known of the vectors of one model in one role.
  private struct Shelf {
    var folder: String
    /// The names of its files.
    var files: [String] = []
    /// In which file and row the vector of a text is.
    var places: [TextHash: (file: Int, row: Int)] = [:]
  }

  private let folder: String
  private let shelves = Mutex<[String: Shelf]>([:])

  /// Texts that are embedded, and kept, at a time.
  private static let batchSize = 512

  /// - Parameter folder: where files are kept; it is made when it is needed.
  public init(folder: String) { self.folder = folder }

  /// The vectors of some texts, in order; those that are not known are embedded, each once.
  ///
  /// - Parameters:
  ///   - texts: any texts.
  ///   - role: questions or documents.
  ///   - embedder: makes what is not known.
  ///   - variant: what else vectors depend on besides the weights: the precision.
  ///   - progress: told now and then how many texts are embedded and how many have to be.
  /// - Throws: what the embedder throws; `CancellationError`.
  public func vectors(
    of texts: [String], as role: Role, with embedder: any TextEmbedder, variant: String, progress: (Int, Int) -> Void = { _, _ in }
  ) async throws -> DenseVectors {
    let dimension = embedder.profile.dimension
    let shelf = "\(TextHash("\(embedder.profile.digest)/\(variant)/\(role)/\(dimension)"))"
    let hashes = texts.map(TextHash.init)
    var values = [Float](repeating: 0, count: texts.count * dimension)
    let found = fill(&values, hashes, dimension: dimension, on: shelf)

    var wanted: [TextHash: [Int]] = [:]
    var order: [Int] = []
    for number in texts.indices where !found[number] {
      if wanted[hashes[number]] == nil { order.append(number) }
      wanted[hashes[number], default: []].append(number)
    }
    for start in stride(from: 0, to: order.count, by: Self.batchSize) {
      try Task.checkCancellation()
      progress(start, order.count)
      let batch = Array(order[start..<min(start + Self.batchSize, order.count)])
      let vectors = try await embedder.encode(batch.map { texts[$0] }, as: role)
      for (row, number) in batch.enumerated() {
        for place in wanted[hashes[number]] ?? [] { values.replaceSubrange(place * dimension..<(place + 1) * dimension, with: vectors[row]) }
      }
      keep(EmbeddingFile(hashes: batch.map { hashes[$0] }, dimension: dimension, values: vectors.values), on: shelf)
    }
    return DenseVectors(dimension: dimension, values: values)
  }

  /// Copies the vectors that are known; says of which texts.
  private func fill(_ values: inout [Float], _ hashes: [TextHash], dimension: Int, on shelf: String) -> [Bool] {
    var byFile: [String: [(number: Int, row: Int)]] = [:]
    shelves.withLock { shelves in
      let opened = shelves[shelf] ?? Self.opened(folder + "/" + shelf)
      shelves[shelf] = opened
      for (number, hash) in hashes.enumerated() {
        if let place = opened.places[hash] { byFile[opened.folder + "/" + opened.files[place.file], default: []].append((number, place.row)) }
      }
    }
    var found = [Bool](repeating: false, count: hashes.count)
    for (path, wanted) in byFile {
      guard let file = EmbeddingFile(path: path), file.dimension == dimension else { continue }
      for (number, row) in wanted where row < file.hashes.count && file.hashes[row] == hashes[number] {
        values.replaceSubrange(number * dimension..<(number + 1) * dimension, with: file.values[row * dimension..<(row + 1) * dimension])
        found[number] = true
      }
    }
    return found
  }

  private static func opened(_ folder: String) -> Shelf {
    var shelf = Shelf(folder: folder)
    for name in ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted() where name.hasSuffix(EmbeddingFile.suffix) {
      guard let hashes = EmbeddingFile.hashes(path: folder + "/" + name) else { continue }
      shelf.files.append(name)
      for (row, hash) in hashes.enumerated() { shelf.places[hash] = (shelf.files.count - 1, row) }
    }
    return shelf
  }

  private func keep(_ file: EmbeddingFile, on shelf: String) {
    let name = file.name
    guard file.write(to: folder + "/" + shelf + "/" + name) else { return }
    shelves.withLock { shelves in
      guard var opened = shelves.removeValue(forKey: shelf) else { return }
      opened.files.append(name)
      for (row, hash) in file.hashes.enumerated() { opened.places[hash] = (opened.files.count - 1, row) }
      shelves[shelf] = opened
    }
  }
}

/// An embedder that asks a cache for documents. Questions it embeds anew: how fast they are answered is part of what is measured.
public struct CachedEmbedder: Embedder {
  private let embedder: any TextEmbedder
  private let cache: EmbeddingCache
  private let variant: String

  /// - Parameters:
  ///   - embedder: makes what the cache lacks.
  ///   - cache: where vectors are kept.
  ///   - variant: what else vectors depend on besides the weights: the precision.
  public init(_ embedder: any TextEmbedder, cache: EmbeddingCache, variant: String) {
    self.embedder = embedder
    self.cache = cache
    self.variant = variant
  }

  public var profile: EmbedderProfile { embedder.profile }

  public func encode(_ inputs: [String], as role: Role) async throws -> DenseVectors {
    guard role == .document else { return try await embedder.encode(inputs, as: role) }
    return try await cache.vectors(of: inputs, as: role, with: embedder, variant: variant)
  }
}
