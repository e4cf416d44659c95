internal import Foundation
internal import NeedletailCore
internal import NeedletailEvaluation
internal import NeedletailModels
internal import NeedletailText

/// Documents are sorted into topics by keywords alone, without a label: Schopf, Braun and Matthes, "Lbl2Vec", WEBIST 2021, tables 3 and 4.
///
/// News articles (AG's corpus, the test part only) and newsgroup posts (20 Newsgroups in six super-topics). Every figure is a mean over seeds.
/// Deviation: the corpora are smaller than the paper's, so rare words are kept from 5 occurrences on and subsampling is weaker.
public struct KeywordTopicsExperiment: Experiment {
  public static let name = "keyword-topics"

  /// Topics, sizes and settings.
  public struct Parameters: Decodable, Sendable {
    /// How many seeds are averaged.
    var seeds: Int
    /// Every how many-th news article is used.
    var newsStride: Int
    /// Every how many-th newsgroup post is used.
    var postStride: Int
    var newsEpochs: Int
    var postEpochs: Int
    var newsTopics: [String: [String]]
    var postTopics: [String: [String]]
    /// The topic of each newsgroup.
    var postGroups: [String: String]
  }

  public init() {}

  public func run(_ parameters: Parameters, in laboratory: Laboratory) async throws -> Findings {
    let news = try LabelledTopics(
      RecordFile.readLabelledTexts(path: laboratory.data("topics-agnews") + "/test.jsonl.gz"), stride: parameters.newsStride,
      topics: parameters.newsTopics)
    let posts = try LabelledTopics(
      RecordFile.readLabelledTexts(path: laboratory.data("topics-20newsgroups") + "/train.jsonl.gz"), stride: parameters.postStride,
      topics: parameters.postTopics, groups: parameters.postGroups)
    var sums = FigureMeans()
    for seed in 0..<parameters.seeds {
      let label = "seed \(seed + 1) of \(parameters.seeds)"
      let seed = laboratory.seed &+ UInt64(seed)
      laboratory.progress("News articles, \(label)")
      try await measureNews(news, epochs: parameters.newsEpochs, seed: seed, into: &sums)
      laboratory.progress("Newsgroup posts, \(label)")
      let result = try posts.outcome(.bagOfWordsAndContexts, epochs: parameters.postEpochs, seed: seed)
      sums.add("posts: micro-F1", result.f1)
      sums.add("posts: AUC", result.auc)
    }
    return findings(sums, news: news, posts: posts, seeds: parameters.seeds)
  }

  private func measureNews(_ news: LabelledTopics, epochs: Int, seed: UInt64, into sums: inout FigureMeans) async throws {
    let whole = try news.outcome(.bagOfWordsAndContexts, epochs: epochs, seed: seed)
    sums.add("news: micro-F1", whole.f1)
    sums.add("news: AUC", whole.auc)
    sums.add("news: micro-F1 of keywords alone", whole.keywordF1)
    sums.add("news: micro-F1 without interleaved words", try news.outcome(.bagOfWords, epochs: epochs, seed: seed).f1)
    sums.add("news: micro-F1 with distributed memory", try news.outcome(.memory, epochs: epochs, seed: seed).f1)
    sums.add("news: micro-F1, a quarter of the articles", try news.every(4).outcome(.bagOfWordsAndContexts, epochs: epochs, seed: seed).f1)
    let half = news.every(2)
    let known = try half.outcome(.bagOfWordsAndContexts, epochs: epochs, seed: seed)
    sums.add("news: micro-F1, half of the articles", known.f1)
    // The other half is new to the model of this one.
    sums.add("news: micro-F1 of new articles", try await half.inferredF1(news.every(2, from: 1), known))
  }

  private func findings(_ sums: FigureMeans, news: LabelledTopics, posts: LabelledTopics, seeds: Int) -> Findings {
    var findings = Findings()
    let published = [
      "news: micro-F1": 0.827, "posts: micro-F1": 0.751, "news: micro-F1 with distributed memory": 0.652,
    ]
    for name in sums.names { findings.record(name, sums.mean(name), published: published[name]) }
    findings.record("posts: micro-F1 of counting keywords", posts.keywordCountF1, published: nil)
    findings.record(effect: "F1 lost without interleaved words", sums.mean("news: micro-F1") - sums.mean("news: micro-F1 without interleaved words"))
    findings.record(
      effect: "F1 lost with distributed memory", sums.mean("news: micro-F1") - sums.mean("news: micro-F1 with distributed memory"),
      published: 0.17)
    findings.record(effect: "F1 gained by label vectors", sums.mean("news: micro-F1") - sums.mean("news: micro-F1 of keywords alone"))
    findings.record(
      effect: "F1 lost on new articles", sums.mean("news: micro-F1, half of the articles") - sums.mean("news: micro-F1 of new articles"))
    findings.record(
      effect: "F1 gained by four times the articles", sums.mean("news: micro-F1") - sums.mean("news: micro-F1, a quarter of the articles"))
    findings.record(effect: "F1 gained over counting keywords", sums.mean("posts: micro-F1") - posts.keywordCountF1, published: nil)
    findings.notes = [
      "\(news.texts.count) news articles, \(posts.texts.count) posts, \(seeds) seeds; keywords were written before anything was measured.",
      "The paper trains on 120,000 further news articles, which are not obtainable here; its newsgroups have 20 classes, ours 6 super-topics.",
    ]
    return findings
  }
}

/// A collection of texts with topics that have keywords.
private struct LabelledTopics {
  let texts: [String]
  let truth: [Int]
  let topics: [KeywordTopic]

  init(_ texts: [LabelledText], stride: Int, topics: [String: [String]], groups: [String: String]? = nil) throws {
    let topics = topics.sorted { $0.key < $1.key }.map { KeywordTopic(name: $0.key, keywords: $0.value) }
    let kept = texts.indices.filter { $0.isMultiple(of: max(1, stride)) }.compactMap { index -> (String, Int)? in
      let label = groups.map { $0[texts[index].label] ?? "" } ?? texts[index].label
      return topics.firstIndex { $0.name == label }.map { (texts[index].text, $0) }
    }
    self.init(texts: kept.map(\.0), truth: kept.map(\.1), topics: topics)
  }

  private init(texts: [String], truth: [Int], topics: [KeywordTopic]) {
    self.texts = texts
    self.truth = truth
    self.topics = topics
  }

  /// A part of the collection.
  func every(_ step: Int, from first: Int = 0) -> LabelledTopics {
    let rows = stride(from: first, to: texts.count, by: step)
    return LabelledTopics(texts: rows.map { texts[$0] }, truth: rows.map { truth[$0] }, topics: topics)
  }

  struct Outcome {
    let model: ParagraphVectors
    let labels: LabelVectors
    let f1: Double
    let keywordF1: Double
    let auc: Double
  }

  func outcome(_ objective: ParagraphVectors.Objective, epochs: Int, seed: UInt64) throws -> Outcome {
    var training = ShallowTraining.recommended(for: .paragraphVectors)
    training.epochs = epochs
    training.seed = seed
    let model = try ParagraphVectors.learn(from: WordCorpus(texts, minimumCount: 5), objective: objective, training: training)
    var options = LabelOptions()
    options.minimumDocuments = min(100, texts.count)
    let labels = try LabelVectors.learn(topics, documents: model.learnedTexts, options: options, keywordVector: { model.vector(of: $0) })
    let scores = labels.scores(of: model.learnedTexts)
    let areas = topics.indices.map { topic in
      Classification.areaUnderROC(
        scores: stride(from: topic, to: scores.count, by: topics.count).map { scores[$0] }, isPositive: truth.map { $0 == topic })
    }
    return Outcome(
      model: model, labels: labels, f1: f1(labels.classify(scores: scores)),
      keywordF1: f1(labels.classify(scores: labels.keywordScores(of: model.learnedTexts))),
      auc: areas.reduce(0, +) / Double(areas.count))
  }

  /// The F1 of texts that the model has not seen.
  func inferredF1(_ unseen: LabelledTopics, _ known: Outcome) async throws -> Double {
    let vectors = try await known.model.encode(unseen.texts, as: .document)
    return unseen.f1(known.labels.classify(scores: known.labels.scores(of: vectors)))
  }

  private func f1(_ found: [(topic: Int, confidence: Float)]) -> Double {
    Classification.microF1(found: found.map(\.topic), truth: truth)
  }

  /// The F1 of the topic with most keywords in a text; without any, or among equals, the most frequent topic.
  var keywordCountF1: Double {
    let frequency = topics.indices.map { topic in truth.filter { $0 == topic }.count }
    let splitter = AlphabeticWords()
    let found = texts.map { text in
      var hits = [Int](repeating: 0, count: topics.count)
      for word in splitter.words(of: text) {
        for topic in topics.indices where topics[topic].keywords.contains(word) { hits[topic] += 1 }
      }
      return topics.indices.max { (hits[$0], frequency[$0]) < (hits[$1], frequency[$1]) } ?? 0
    }
    return Classification.microF1(found: found, truth: truth)
  }
}

/// Means of figures over repetitions, in the order the figures first came.
struct FigureMeans {
  private(set) var names: [String] = []
  private var values: [String: [Double]] = [:]

  mutating func add(_ name: String, _ value: Double) {
    if values[name] == nil { names.append(name) }
    values[name, default: []].append(value)
  }

  /// The mean of a figure; 0 if it never came.
  func mean(_ name: String) -> Double {
    let values = values[name] ?? []
    return values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
  }

  /// A figure for each repetition.
  func all(_ name: String) -> [Double] { values[name] ?? [] }
}
