internal import Foundation
internal import NeedletailNumerics

/// Pairs of sentences that tell whether an encoder knows which words of a field mean the same: one sentence with a term replaced by a synonym,
/// which says the same, and one with the term of something else of the same kind, which does not (the task of synonyms of CMedTEB: CARE, ACL
/// 2026, section 3, where a language model rewrites the sentences; here terms are exchanged). For any language; made for Chinese medicine.
public struct SynonymPairs: Sendable {
  /// Terms of one meaning.
  public struct Concept: Hashable, Sendable {
    public var terms: [String]
    /// What sort of thing it is: terms of another concept of the same kind fit into its sentences and change their meaning.
    public var kind: String

    public init(terms: [String], kind: String) {
      (self.terms, self.kind) = (terms, kind)
    }
  }

  public let concepts: [Concept]

  public init(_ concepts: [Concept]) { self.concepts = concepts }

  /// Reads lines of a kind and the terms of one meaning, separated by tabs.
  public init(file path: String) throws(EvaluationError) {
    var concepts: [Concept] = []
    var lines = try TextLines(of: path)
    while let line = try lines.next() {
      if line.isEmpty || line.hasPrefix("#") { continue }
      let fields = line.split(separator: "\t").map { $0.trimmingCharacters(in: .whitespaces) }
      guard fields.count > 1 else { throw lines.malformed("it is not a kind and at least one term, separated by tabs") }
      concepts.append(Concept(terms: Array(fields.dropFirst()), kind: fields[0]))
    }
    self.init(concepts)
  }

  /// The pairs of some sentences: for each with a known term, one of the score 1 and one of the score 0, as far as there is a synonym and
  /// another term of the kind.
  ///
  /// - Parameters:
  ///   - sentences: those without a known term make no pair.
  ///   - seed: which terms are drawn.
  public func pairs(of sentences: [String], seed: UInt64) -> [SimilarityPair] {
    var pairs: [SimilarityPair] = []
    for (number, sentence) in sentences.enumerated() {
      var generator = SeededGenerator(seed: seed, part: UInt64(number))
      guard let (place, term) = term(in: sentence) else { continue }
      let concept = concepts[place]
      func replaced(_ choices: [String]) -> String? {
        choices.isEmpty ? nil : sentence.replacing(term, with: choices[generator.index(below: choices.count)])
      }
      if let same = replaced(concept.terms.filter { $0 != term }) { pairs.append(SimilarityPair(first: sentence, second: same, score: 1)) }
      let others = concepts.indices.filter { $0 != place && concepts[$0].kind == concept.kind }.flatMap { concepts[$0].terms }
      if let other = replaced(others.filter { !concept.terms.contains($0) }) {
        pairs.append(SimilarityPair(first: sentence, second: other, score: 0))
      }
    }
    return pairs
  }

  /// The longest known term of a sentence, the first in it of equal ones.
  private func term(in sentence: String) -> (concept: Int, term: String)? {
    var best: (concept: Int, term: String, start: String.Index)?
    for (place, concept) in concepts.enumerated() {
      for term in concept.terms {
        guard let start = sentence.range(of: term)?.lowerBound else { continue }
        if best.map({ (term.count, $0.start) > ($0.term.count, start) }) ?? true { best = (place, term, start) }
      }
    }
    return best.map { ($0.concept, $0.term) }
  }
}

extension SimilarityPair {
  /// Writes pairs as `read` reads them. Tabs and line ends of texts become spaces.
  public static func write(_ pairs: [SimilarityPair], to path: String) throws(EvaluationError) {
    func plain(_ text: String) -> String { text.split { $0 == "\t" || $0.isNewline }.joined(separator: " ") }
    let lines = pairs.map { "\(plain($0.first))\t\(plain($0.second))\t\($0.score)\n" }
    try TextFile.write("sentence1\tsentence2\tscore\n" + lines.joined(), to: path)
  }
}
