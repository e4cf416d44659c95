internal import Foundation
public import NeedletailCore
public import NeedletailNumerics

/// An embedder by a network over whole words: vectors of words, weighted, read by long short-term memories or convolutions as the model
/// has it, then pooled. These are the models of sentence-transformers that begin with `WordEmbeddings`.
///
/// ```swift
/// let embedder = try WordNetworkEmbedder(path: "average_word_embeddings_komninos")
/// let vectors = try await embedder.encode(["a needle", "a haystack"], as: .document)
/// ```
///
/// Each text is computed by itself, without padding, as sentence-transformers does with one text at a time; there, convolutions see the
/// vector of the first word of the vocabulary behind shorter texts of a batch. A text without any known word gives what the layers
/// after pooling make of zeros.
public struct WordNetworkEmbedder: TextEmbedder {
  public let profile: EmbedderProfile
  let network: WordNetwork
  private let pool: WorkerPool

  /// Texts of equal length that pass through the layers together, at most.
  private static let textsPerBlock = 64

  /// Opens a model directory.
  ///
  /// - Parameters:
  ///   - path: of the directory.
  ///   - name: the name it goes by; the folder's if nil.
  ///   - pool: the threads that compute.
  /// - Throws: `ModelError` when a file is missing or damaged, a module is not supported, or numbers have another shape than settings say.
  public init(path: String, name: String? = nil, pool: WorkerPool = .shared) throws(ModelError) {
    network = try WordNetwork(directory: path)
    profile = network.settings.profile(named: name ?? URL(fileURLWithPath: path).lastPathComponent)
    self.pool = pool
  }

  /// Whether a directory holds such a model, by the first of its modules.
  public static func isModel(at path: String) -> Bool { (try? WordNetworkSettings.moduleList(path))?.first?.kind == "WordEmbeddings" }

  /// - Throws: `CancellationError` when the task is cancelled.
  public func encode(_ texts: [String], as role: Role) async throws -> DenseVectors {
    let settings = network.settings
    let prompt = settings.prompts[role]
    let sequences = texts.map { network.words.numbers(in: prompt + $0, limit: settings.maximumWords) }
    let dimension = settings.dimension
    var values = [Float](repeating: 0, count: texts.count * dimension)
    let tape = Tape(pool: pool)
    tape.isRecording = false
    for (_, members) in Dictionary(grouping: texts.indices, by: { sequences[$0].count }).sorted(by: { $0.key < $1.key }) {
      for first in stride(from: 0, to: members.count, by: Self.textsPerBlock) {
        try Task.checkCancellation()
        let block = members[first..<min(members.count, first + Self.textsPerBlock)]
        tape.clear()
        let found = try network.vectors(of: block.map { sequences[$0] }, on: tape)
        for (place, text) in block.enumerated() {
          values.replaceSubrange(text * dimension..<(text + 1) * dimension, with: found[place * dimension..<(place + 1) * dimension])
        }
      }
    }
    return DenseVectors(dimension: dimension, values: values)
  }
}

/// The parts of such a model.
struct WordNetwork: Sendable {
  let settings: WordNetworkSettings
  let words: SplitWords
  /// A row for each word.
  let embeddings: [Float]
  let layers: [WordLayer]
  let heads: [WordHead]

  /// The vectors of texts of equally many words, one after the other.
  func vectors(of sequences: [[Int32]], on tape: Tape) throws(TensorError) -> [Float] {
    let length = sequences.first?.count ?? 0
    let (stateWidth, poolings, embeddingWidth) = (settings.stateWidth, settings.poolings, settings.embeddingWidth)
    var pooled: [Float] = []
    if length == 0 {
      pooled = [Float](repeating: 0, count: sequences.count * stateWidth * poolings.count)
    } else {
      let numbers = sequences.flatMap(\.self)
      var block = WordBlock(
        count: sequences.count, length: length, width: embeddingWidth,
        values: numbers.flatMap { embeddings[Int($0) * embeddingWidth..<(Int($0) + 1) * embeddingWidth] }, numbers: numbers, totals: nil)
      for layer in layers { block = try layer.applied(to: block, on: tape) }
      let rows = poolings.map { $0.applied(to: block) }
      for text in sequences.indices { for way in rows { pooled += way[text] } }
    }
    var width = stateWidth * poolings.count
    for head in heads {
      pooled = try head.applied(to: pooled, width: width, on: tape)
      width = pooled.count / sequences.count
    }
    return pooled
  }
}
