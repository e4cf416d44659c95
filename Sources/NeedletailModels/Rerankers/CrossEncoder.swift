public import NeedletailCore
public import NeedletailNumerics
internal import Foundation
internal import NeedletailText

/// A model that reads a query and a passage together and says how well they fit: slow, and better than comparing vectors
/// (Nogueira and Cho, "Passage re-ranking with BERT", 2019).
///
/// Directories are those of the Python class `CrossEncoder`, or of transformers with one label: the network with a classifier, its
/// tokenizer, and no pooling.
///
/// ```swift
/// let encoder = try CrossEncoder(path: "ms-marco-MiniLM-L6-v2")
/// let scores = try encoder.scores(of: ["Needles are thin.", "Hay is dry."], for: "thin things")
/// ```
public final class CrossEncoder: Reranker {
  /// What becomes of a score.
  public enum Activation: Hashable, Sendable {
    case identity
    /// Between 0 and 1.
    case sigmoid
  }

  /// The name the model goes by.
  public let name: String
  /// What `scores` applies to what the network gives.
  public let activation: Activation
  /// Tokens of query and passage together, special ones included; what is longer is cut at the longer text.
  public let maximumTokens: Int

  private let directory: ModelDirectory
  private let tokenizer: SubwordTokenizer
  private let encoder: SequenceEncoder

  /// Opens a directory.
  ///
  /// - Parameters:
  ///   - path: of the directory.
  ///   - name: what the model is called in results; the directory's name if nil.
  ///   - precision: the arithmetic of the layers.
  ///   - pool: the threads that score.
  /// - Throws: when something is missing, or the model has more than one label.
  public init(
    path: String, name: String? = nil, precision: EmbedderPrecision = .float32, pool: WorkerPool = .shared
  ) throws(ModelError) {
    directory = try ModelDirectory(headed: path)
    self.name = name ?? URL(fileURLWithPath: path).lastPathComponent
    maximumTokens = directory.maximumTokens
    tokenizer = try directory.tokenizer()
    let head = try ClassificationHead(directory)
    guard head.labels == 1 else {
      throw .unsupported(path: path, feature: "a classifier of \(head.labels) labels", advice: "A reranker has one label.")
    }
    guard tokenizer.encodesPairs else {
      throw .unsupported(
        path: directory.transformerPath + "/tokenizer.json", feature: "a tokenizer that does not say how two texts are put together",
        advice: "Get the tokenizer.json that was published with the model.")
    }
    activation = try Self.activation(path)
    encoder = SequenceEncoder(
      backbone: TransformerBackbone(directory, precision: precision.layers),
      reading: StateReading(width: 1) { head.score($0, rows: $1, into: &$2, at: $3) },
      maximumLength: maximumTokens, pool: pool)
  }

  /// How well each passage fits the query, in order; a higher score is better.
  ///
  /// - Throws: `CancellationError` when the task is cancelled, or `ModelError`.
  public func scores(of passages: [String], for query: String) throws -> [Float] {
    let pairs = passages.map { tokenizer.encodePair(query, $0, maximumTokens: maximumTokens) }
    let sequences = pairs.map { $0.ids[...] }
    try directory.check(sequences)
    let hasTypes = directory.configuration.typeVocabularySize > 1
    let types = hasTypes ? pairs.map { $0.types[...] } : []
    guard let scores = encoder.encode(sequences, types: types, isCancelled: { Task.isCancelled }) else { throw CancellationError() }
    return activation == .sigmoid ? scores.map { 1 / (1 + exp(-$0)) } : scores
  }

  /// The passages by their scores, the best first; of equal ones the one that came first.
  public func rerank(_ query: Query, _ candidates: [Candidate]) async throws -> [Hit] {
    let texts = candidates.map { $0.title.isEmpty ? $0.text : "\($0.title) \($0.text)" }
    let scores = try scores(of: texts, for: query.text)
    let order = scores.indices.sorted { (scores[$0], $1) > (scores[$1], $0) }
    return order.enumerated().map { rank, index in
      var hit = candidates[index].hit
      hit.score = Double(scores[index])
      hit.contributions.append(Hit.Contribution(source: name, rank: rank + 1, score: hit.score))
      return hit
    }
  }

  /// As the Python class: what the files say, otherwise a sigmoid.
  private static func activation(_ path: String) throws(ModelError) -> Activation {
    for file in ["config_sentence_transformers.json", "config.json"] where FileManager.default.fileExists(atPath: path + "/" + file) {
      let configuration = try ConfigurationFile(path: path + "/" + file, advice: "")
      var value = configuration.value("activation_fn") ?? configuration.value("sbert_ce_default_activation_function")
      if value == nil, case .object(let nested) = configuration.value("sentence_transformers") { value = nested["activation_fn"] }
      guard let name = value?.string else { continue }
      switch name.split(separator: ".").last {
      case "Sigmoid": return .sigmoid
      case "Identity": return .identity
      default: throw configuration.unsupported("the activation \(name)", "Supported are Sigmoid and Identity.")
      }
    }
    return .sigmoid
  }
}
