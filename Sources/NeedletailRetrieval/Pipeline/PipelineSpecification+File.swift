internal import Foundation
internal import NeedletailNumerics
internal import NeedletailStore

extension PipelineSpecification {
  /// Files are a few hundred bytes; what is larger than this is something else.
  static let largestFile = 1 << 20

  /// Reads a pipeline from a file of JSON5 and checks it; keys that mean nothing are errors.
  ///
  /// - Throws: `PipelineError`, naming the file, the key and what is wrong with it.
  public init(file path: String) throws(PipelineError) {
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw .unreadable(path: path, reason: FileManager.default.fileExists(atPath: path) ? error.localizedDescription : "there is no such file")
    }
    guard data.count <= Self.largestFile else { throw .malformed(path: path, place: "", reason: "it is larger than 1 MiB") }
    let decoder = JSONDecoder()
    decoder.allowsJSON5 = true
    do {
      self = try decoder.decode(PipelineSpecification.self, from: data)
    } catch {
      let (place, reason) = Self.explain(error)
      throw .malformed(path: path, place: place, reason: reason)
    }
    if let key = JSON5Keys.firstRepeated(in: Array(data)) { throw .malformed(path: path, place: "", reason: "the key `\(key)` is given twice") }
    try validate()
  }

  private static func explain(_ error: any Error) -> (place: String, reason: String) {
    func place(_ path: [any CodingKey]) -> String {
      path.reduce("") { text, key in key.intValue.map { "\(text)[\($0)]" } ?? (text.isEmpty ? key.stringValue : "\(text).\(key.stringValue)") }
    }
    switch error as? DecodingError {
    case .keyNotFound(let key, let context): return (place(context.codingPath), "`\(key.stringValue)` is missing")
    case .typeMismatch(_, let context), .valueNotFound(_, let context): return (place(context.codingPath), "has the wrong type")
    case .dataCorrupted(let context): return (place(context.codingPath), context.codingPath.isEmpty ? "it is not JSON5" : context.debugDescription)
    default: return ("", "\(error)")
    }
  }
}

/// Any key, to look for those that mean nothing.
private struct AnyKey: CodingKey {
  var stringValue: String
  var intValue: Int? { nil }
  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}

extension Decoder {
  /// The values of an object that has no other keys than these.
  fileprivate func onlyKeys<Key: CodingKey & CaseIterable>(of type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    let known = Key.allCases.map(\.stringValue)
    for key in try container(keyedBy: AnyKey.self).allKeys where !known.contains(key.stringValue) {
      throw DecodingError.dataCorrupted(
        .init(codingPath: codingPath + [key], debugDescription: "is no key here; there are \(known.joined(separator: ", "))"))
    }
    return try container(keyedBy: type)
  }
}

extension KeyedDecodingContainer {
  /// One of the words of an enumeration, or the default where there is no such key.
  fileprivate func word<Value: RawRepresentable & CaseIterable>(_ key: Key, default value: Value? = nil) throws -> Value
  where Value.RawValue == String {
    if let value, !contains(key) { return value }
    let word = try decode(String.self, forKey: key)
    guard let found = Value(rawValue: word) else {
      let known = Value.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
      throw DecodingError.dataCorruptedError(forKey: key, in: self, debugDescription: "takes \(known), not \"\(word)\"")
    }
    return found
  }

  fileprivate func value<Value: Decodable>(_ key: Key, default value: Value) throws -> Value {
    try decodeIfPresent(Value.self, forKey: key) ?? value
  }
}

extension PipelineSpecification: Decodable {
  private enum Keys: String, CodingKey, CaseIterable { case name, sources, fusion, interpolation, answers, rerank, relevance }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.onlyKeys(of: Keys.self)
    self.init(
      name: try values.value(.name, default: "pipeline"), sources: try values.decode([Source].self, forKey: .sources),
      fusion: try values.value(.fusion, default: .reciprocalRank(ReciprocalRankFusion())),
      interpolation: try values.word(.interpolation, default: .both), answers: try values.decodeIfPresent(String.self, forKey: .answers),
      rerank: try values.value(.rerank, default: []), relevance: try values.decodeIfPresent(RelevanceCutoff.self, forKey: .relevance))
  }
}

extension PipelineSpecification.Source: Decodable {
  private enum Keys: String, CodingKey, CaseIterable { case kind, name, depth, feedback, pipeline, fieldWeights }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.onlyKeys(of: Keys.self)
    let kind: Kind = try values.word(.kind)
    self.init(
      kind, name: try values.decodeIfPresent(String.self, forKey: .name), depth: try values.value(.depth, default: 1000),
      pipeline: try values.decodeIfPresent(PipelineSpecification.self, forKey: .pipeline))
    for (name, weight) in try values.value(.fieldWeights, default: [String: Float]()) {
      guard let field = LexicalFields.Field(rawValue: name) else {
        let known = LexicalFields.Field.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
        throw DecodingError.dataCorruptedError(forKey: .fieldWeights, in: values, debugDescription: "takes weights of \(known), not of \"\(name)\"")
      }
      fieldWeights[field] = weight
    }
    guard values.contains(.feedback) else { return }
    let feedback = try values.superDecoder(forKey: .feedback)
    switch kind {
    case .dense: vectorFeedback = try VectorFeedback(strictlyFrom: feedback)
    case .lexical: termFeedback = try TermFeedback(strictlyFrom: feedback)
    case .sparse, .pipeline, .retriever:
      throw DecodingError.dataCorruptedError(forKey: .feedback, in: values, debugDescription: "is for dense and lexical sources")
    }
  }
}

extension VectorFeedback {
  private enum Keys: String, CodingKey, CaseIterable { case method, documents, alpha, beta, gamma, lastDocuments, iterations }

  fileprivate init(strictlyFrom decoder: any Decoder) throws {
    let values = try decoder.onlyKeys(of: Keys.self)
    let standard = VectorFeedback(method: try values.word(.method, default: .average))
    self.init(
      method: standard.method, documents: try values.value(.documents, default: standard.documents),
      alpha: try values.value(.alpha, default: standard.alpha), beta: try values.value(.beta, default: standard.beta),
      gamma: try values.value(.gamma, default: 0), lastDocuments: try values.value(.lastDocuments, default: 0),
      iterations: try values.value(.iterations, default: 1))
  }
}

extension TermFeedback {
  private enum Keys: String, CodingKey, CaseIterable {
    case method, documents, terms, originalWeight, alpha, beta, largestDocumentShare
  }

  fileprivate init(strictlyFrom decoder: any Decoder) throws {
    let values = try decoder.onlyKeys(of: Keys.self)
    let standard = TermFeedback()
    self.init(
      method: try values.word(.method, default: .relevanceModel), documents: try values.value(.documents, default: standard.documents),
      terms: try values.value(.terms, default: standard.terms),
      originalWeight: try values.value(.originalWeight, default: standard.originalWeight),
      alpha: try values.value(.alpha, default: standard.alpha), beta: try values.value(.beta, default: standard.beta),
      largestDocumentShare: try values.value(.largestDocumentShare, default: standard.largestDocumentShare))
  }
}

extension Fusion: Decodable {
  private enum Keys: String, CodingKey, CaseIterable { case method, constant, weights, missing }

  /// "rrf" or the name of a normalisation.
  private enum Method: String, CaseIterable {
    case rrf, none
    case minMax = "min-max"
    case zScore = "z-score"
    case distribution, centred
  }

  /// Reads `{ method: "rrf", constant: 60 }` or `{ method: "min-max", weights: { dense: 0.5, lexical: 0.5 } }`.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.onlyKeys(of: Keys.self)
    let method: Method = try values.word(.method)
    let weights: [String: Double] = try values.value(.weights, default: [:])
    guard let normalization = ScoreInterpolation.Normalization(rawValue: method.rawValue) else {
      guard !values.contains(.missing) else {
        throw DecodingError.dataCorruptedError(forKey: .missing, in: values, debugDescription: "does not go with \"rrf\"")
      }
      self = .reciprocalRank(ReciprocalRankFusion(constant: try values.value(.constant, default: 60), weights: weights))
      return
    }
    guard !values.contains(.constant) else {
      throw DecodingError.dataCorruptedError(forKey: .constant, in: values, debugDescription: "goes with \"rrf\" only")
    }
    self = .interpolation(
      ScoreInterpolation(normalization: normalization, missing: try values.word(.missing, default: .zero), weights: weights))
  }
}

extension PipelineSpecification.Reranking: Decodable {
  private enum Keys: String, CodingKey, CaseIterable { case method, model, depth }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.onlyKeys(of: Keys.self)
    self.init(
      try values.word(.method), model: try values.decodeIfPresent(String.self, forKey: .model), depth: try values.value(.depth, default: 100))
  }
}

extension PipelineSpecification.RelevanceCutoff: Decodable {
  private enum Keys: String, CodingKey, CaseIterable { case minimumScore, model, probability, minimumKept }

  /// Reads `{ minimumScore: 0.3 }` or `{ model: "relevance.json", probability: 0.5 }`.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.onlyKeys(of: Keys.self)
    let kept = try values.value(.minimumKept, default: 0)
    if let file = try values.decodeIfPresent(String.self, forKey: .model) {
      guard !values.contains(.minimumScore) else {
        throw DecodingError.dataCorruptedError(forKey: .minimumScore, in: values, debugDescription: "and `model` exclude each other")
      }
      self.init(.modelFile(file, probability: try values.decodeIfPresent(Double.self, forKey: .probability)), minimumKept: kept)
    } else {
      guard !values.contains(.probability) else {
        throw DecodingError.dataCorruptedError(forKey: .probability, in: values, debugDescription: "goes with `model` only")
      }
      self.init(.score(atLeast: try values.decode(Double.self, forKey: .minimumScore)), minimumKept: kept)
    }
  }
}
