internal import Foundation
internal import NeedletailCore
internal import NeedletailEvaluation
internal import NeedletailModels
internal import NeedletailNumerics
internal import NeedletailText

/// The half about word senses (Disambiguated skip-gram model, section 4): pairs of unrelated words are written as one, and their occurrences have to
/// be told apart again; then the contexts of SemEval 2010, task 14. Agreement is the adjusted Rand index, averaged over words.
struct InducedSenses {
  struct Parameters: Decodable, Sendable {
    /// Every how many-th newsgroup post is learned from.
    var documentStride: Int
    /// The pairs, as "one|other".
    var pairs: [String]
    var senses: Int
    var dimension: Int
    var epochs: Int
    /// Permutations of the true senses, to know what chance would give.
    var permutations: Int
  }

  private let parameters: Parameters
  private let texts: [String]
  private let pairs: [(first: String, second: String, joined: String)]
  private let instances: [Instance]

  /// A word in a context of SemEval.
  private struct Instance {
    let word: String
    let sense: String
    let tokens: [String]
  }

  init(_ parameters: Parameters, in laboratory: Laboratory) throws {
    self.parameters = parameters
    let posts = try RecordFile.readLabelledTexts(path: laboratory.data("topics-20newsgroups") + "/train.jsonl.gz")
    texts = stride(from: 0, to: posts.count, by: max(1, parameters.documentStride)).map { posts[$0].text }
    pairs = parameters.pairs.compactMap { pair in
      let words = pair.split(separator: "|").map(String.init)
      return words.count == 2 ? (words[0], words[1], "zz" + String((words[0] + words[1]).prefix(12))) : nil
    }
    instances = try Self.readInstances(laboratory.data("wsi-semeval2010") + "/instances.jsonl.gz")
  }

  private static func readInstances(_ path: String) throws -> [Instance] {
    let splitter = AlphabeticWords()
    return try RecordFile.read(path: path).compactMap { record in
      guard let lemma = record["lemma"]?.string, let text = record["text"]?.string, case .array(let gold)? = record["gold"],
        gold.count == 1, let sense = gold[0].string
      else { return nil }
      let word = String(lemma.prefix { $0 != "." })
      let stem = word.count > 4 ? word.dropLast(word.hasSuffix("e") || word.hasSuffix("y") ? 1 : 0) : word[...]
      // Inflected forms count as the word itself, which gets a name of its own for each part of speech.
      let name = word + (lemma.hasSuffix(".v") ? "zzv" : "zzn")
      let tokens = splitter.words(of: text).map { $0.hasPrefix(stem) && $0.count <= word.count + 3 ? name : $0 }
      return tokens.contains(name) ? Instance(word: name, sense: sense, tokens: tokens) : nil
    }
  }

  func measure(seed: UInt64, into sums: inout FigureMeans) throws {
    try measurePairs(seed: seed, into: &sums)
    try measureInstances(seed: seed, into: &sums)
  }

  func addEffects(of sums: FigureMeans, to findings: inout Findings) {
    findings.record(effect: "Rand index of joined words", sums.mean("adjusted Rand index, joined words"))
    findings.record(
      effect: "Rand index of SemEval 2010 above chance",
      sums.mean("adjusted Rand index, SemEval 2010") - sums.mean("95th percentile of chance, SemEval 2010"))
    findings.notes.append(
      "Senses: \(texts.count) posts, \(pairs.count) joined pairs; SemEval 2010: \(instances.count) contexts with one sense, learned from along with the posts.")
  }

  private func learn(_ texts: [String], seed: UInt64) throws -> WordSenses {
    var training = ShallowTraining.recommended(for: .wordSenses)
    training.dimension = parameters.dimension
    training.epochs = parameters.epochs
    training.seed = seed
    var options = SenseOptions()
    options.senses = parameters.senses
    return try WordSenses.learn(from: WordCorpus(texts, minimumCount: 20), options: options, training: training)
  }

  // MARK: - Joined words

  private func measurePairs(seed: UInt64, into sums: inout FigureMeans) throws {
    let splitter = AlphabeticWords()
    var joined: [String: (pair: Int, side: Int)] = [:]
    for (index, pair) in pairs.enumerated() {
      joined[pair.first] = (index, 0)
      joined[pair.second] = (index, 1)
    }
    let tokens = texts.map { splitter.words(of: $0) }
    let changed = tokens.map { $0.map { word in joined[word].map { pairs[$0.pair].joined } ?? word }.joined(separator: " ") }
    let model = try learn(changed, seed: seed)
    for choice in WordSenses.Choice.allCases {
      var found = [[Int]](repeating: [], count: pairs.count)
      var truth = found
      for words in tokens {
        for position in words.indices {
          guard let (pair, side) = joined[words[position]], truth[pair].count < 400 else { continue }
          let context = Self.context(of: words, position).map { word in joined[word].map { pairs[$0.pair].joined } ?? word }
          guard let sense = model.sense(of: pairs[pair].joined, among: context, by: choice) else { continue }
          found[pair].append(sense)
          truth[pair].append(side)
        }
      }
      let indices = pairs.indices.filter { Set(truth[$0]).count == 2 }
        .map { Clustering.adjustedRandIndex(found: found[$0], truth: truth[$0]) }
      let name = choice == .similarity ? "adjusted Rand index, joined words" : "adjusted Rand index, joined words, by classifier"
      sums.add(name, indices.reduce(0, +) / Double(max(1, indices.count)))
    }
    sums.add("senses kept of a joined word", Double(pairs.reduce(0) { $0 + (model.senses(of: $1.joined)?.count ?? 0) }) / Double(pairs.count))
  }

  private static func context(of words: [String], _ position: Int) -> [String] {
    (max(0, position - 5)..<min(words.count, position + 6)).filter { $0 != position }.map { words[$0] }
  }

  // MARK: - SemEval

  private func measureInstances(seed: UInt64, into sums: inout FigureMeans) throws {
    let model = try learn(texts + instances.map { $0.tokens.joined(separator: " ") }, seed: seed)
    let byWord = Dictionary(grouping: instances, by: \.word).sorted { $0.key < $1.key }.map(\.value)
    var found: [[Int]] = []
    var truth: [[String]] = []
    for instances in byWord {
      let senses = instances.compactMap { instance -> Int? in
        guard let position = instance.tokens.firstIndex(of: instance.word) else { return nil }
        return model.sense(of: instance.word, among: Self.context(of: instance.tokens, position))
      }
      guard senses.count == instances.count, !senses.isEmpty else { continue }
      found.append(senses)
      truth.append(instances.map(\.sense))
    }
    sums.add("adjusted Rand index, SemEval 2010", Self.meanIndex(found, truth))
    var generator = SeededGenerator(seed: seed, part: 46)
    let chance = (0..<parameters.permutations).map { _ in Self.meanIndex(found, truth.map { $0.shuffled(using: &generator) }) }.sorted()
    sums.add("95th percentile of chance, SemEval 2010", chance.isEmpty ? 0 : chance[min(chance.count - 1, chance.count * 95 / 100)])
  }

  private static func meanIndex(_ found: [[Int]], _ truth: [[String]]) -> Double {
    let indices = zip(found, truth).map { found, truth in
      var numbers: [String: Int] = [:]
      return Clustering.adjustedRandIndex(
        found: found,
        truth: truth.map { sense in
          let number = numbers[sense] ?? numbers.count
          numbers[sense] = number
          return number
        })
    }
    return indices.isEmpty ? 0 : indices.reduce(0, +) / Double(indices.count)
  }
}
