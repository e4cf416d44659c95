internal import ArgumentParser
internal import Foundation
internal import Needletail

struct ClassifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "classify",
    abstract: "Sort documents into topics that you describe by a few words.",
    discussion: """
      The file of labels is a JSON object of topics with their keywords: {"sport": ["league", "coach"], "money": ["stocks", "oil"]}.
      No labelled document is needed. Without --model, vectors of documents and words are learned from the documents themselves
      (about a minute for some thousand); with it, a registered model embeds documents and keywords.
      """)

  @Argument(help: "Files and folders with the documents.", completion: .file())
  var paths: [String]

  @Option(help: ArgumentHelp("The topics: JSON, name to keywords.", valueName: "FILE"), completion: .file(extensions: ["json"]))
  var labels: String

  @Option(help: ArgumentHelp("A registered model in place of one learned from the documents.", valueName: "NAME"))
  var model: String?

  @Option(help: ArgumentHelp("Cosine to the keywords from which a document stands for a topic.", valueName: "COSINE"))
  var threshold: Float = 0.3

  @Option(help: ArgumentHelp("At least so many documents stand for a topic.", valueName: "N"))
  var minimumDocuments = 100

  @Option(help: ArgumentHelp("At most so many do.", valueName: "N"))
  var maximumDocuments: Int?

  @Flag(help: "Leave out documents that lie apart from the others of their topic.")
  var removeOutliers = false

  @Option(name: .shortAndLong, help: ArgumentHelp("Documents shown for each topic; --json always has all.", valueName: "N"))
  var top = 5

  @OptionGroup var learning: LearningOptions
  @OptionGroup var records: RecordOptions
  @OptionGroup var embedding: EmbedderOptions
  @OptionGroup var data: DataOptions
  @OptionGroup var output: OutputOptions

  private struct Result: Encodable {
    let topics: [Topic]
    let documents: [Classified]
  }

  private struct Topic: Encodable {
    let name: String
    /// Keywords that do not occur often enough to have a vector.
    let unknownKeywords: [String]
    /// Documents that stood for the topic.
    let candidates: Int
    /// The words nearest to it, where words have vectors: an ambiguous keyword shows here.
    let nearestWords: [String]
  }

  private struct Classified: Encodable {
    let document: String
    let topic: String
    let confidence: Float
    /// The cosine to each topic.
    let scores: [String: Float]
  }

  func run() async throws {
    let topics = try KeywordTopic.read(path: labels)
    let documents = try await records.load(paths, quiet: output.json)
    guard !documents.isEmpty else { throw CommandProblem.nothingToLearnFrom }
    let space = try await makeSpace(documents, topics)
    var options = LabelOptions()
    options.threshold = threshold
    options.minimumDocuments = min(minimumDocuments, documents.count)
    options.maximumDocuments = maximumDocuments ?? .max
    options.removesOutliers = removeOutliers
    let labels = try LabelVectors.learn(topics, documents: space.documents, options: options, keywordVector: { space.keywords[$0] })
    let scores = labels.scores(of: space.documents)
    let found = labels.classify(scores: scores)
    if output.json {
      try JSONOutput.write(result(documents, labels, scores, found, space))
    } else {
      show(documents, labels, scores, found, space)
    }
  }

  /// Documents and keywords in one space.
  private struct Space: Sendable {
    var documents: DenseVectors
    var keywords: [String: [Float]]
    /// The model that was learned, if one was.
    var learned: ParagraphVectors?
  }

  private func makeSpace(_ documents: [Document], _ topics: [KeywordTopic]) async throws -> Space {
    let texts = documents.map(\.titleAndText)
    let keywords = Set(topics.flatMap(\.keywords)).sorted()
    let line = ProgressLine(model == nil ? "Learning" : "Embedding", unit: model == nil ? "words" : "documents", isEnabled: !output.json)
    guard let model else {
      let training = learning.training(for: .paragraphVectors)
      return try await InterruptSignal.cancelling {
        defer { line.finish() }
        let corpus = WordCorpus(texts, minimumCount: training.minimumCount)
        let learned = try ParagraphVectors.learn(from: corpus, training: training) {
          line.update(done: $0.wordsDone, total: $0.wordsInAll)
        }
        let known = keywords.compactMap { keyword in learned.vector(of: keyword.lowercased()).map { (keyword, $0) } }
        return Space(documents: learned.learnedTexts, keywords: Dictionary(uniqueKeysWithValues: known), learned: learned)
      }
    }
    let embedder = try data.registry.embedder(named: model, precision: embedding.precision)
    return try await InterruptSignal.cancelling {
      defer { line.finish() }
      var values: [Float] = []
      for start in stride(from: 0, to: texts.count, by: 256) {
        try Task.checkCancellation()
        values += try await embedder.encode(Array(texts[start..<min(start + 256, texts.count)]), as: .document).values
        line.update(done: start, total: texts.count)
      }
      let vectors = try await embedder.encode(keywords, as: .document)
      let known = keywords.indices.map { (keywords[$0], Array(vectors[$0])) }
      return Space(
        documents: DenseVectors(dimension: embedder.profile.dimension, values: values),
        keywords: Dictionary(uniqueKeysWithValues: known.filter { $0.1.contains { $0 != 0 } }))
    }
  }
}

extension ClassifyCommand {
  private func topic(_ index: Int, _ labels: LabelVectors, _ space: Space) -> Topic {
    let words = space.learned?.nearestWords(to: Array(labels.vectors[index]), limit: 8).map(\.word) ?? []
    return Topic(
      name: labels.topics[index].name, unknownKeywords: labels.unknownKeywords[index], candidates: labels.candidates[index].count,
      nearestWords: words)
  }

  private func result(
    _ documents: [Document], _ labels: LabelVectors, _ scores: [Float], _ found: [(topic: Int, confidence: Float)], _ space: Space
  ) -> Result {
    let names = labels.topics.map(\.name)
    return Result(
      topics: names.indices.map { topic($0, labels, space) },
      documents: documents.indices.map { document in
        let row = scores[document * names.count..<(document + 1) * names.count]
        return Classified(
          document: documents[document].id, topic: names[found[document].topic], confidence: found[document].confidence,
          scores: Dictionary(uniqueKeysWithValues: zip(names, row)))
      })
  }

  private func show(
    _ documents: [Document], _ labels: LabelVectors, _ scores: [Float], _ found: [(topic: Int, confidence: Float)], _ space: Space
  ) {
    let out = Terminal.standardOutput
    for index in labels.topics.indices {
      let topic = topic(index, labels, space)
      let members = documents.indices.filter { found[$0].topic == index }
        .sorted { scores[$0 * labels.topics.count + index] > scores[$1 * labels.topics.count + index] }
      out.write("\(out.styled(topic.name.withoutControlCharacters, .bold))  \(Units.count(members.count, "document"))\n")
      if !topic.nearestWords.isEmpty { out.write(out.styled("  near: \(topic.nearestWords.joined(separator: ", "))", .dim) + "\n") }
      if !topic.unknownKeywords.isEmpty {
        out.write("  \(out.styled("note", .yellow)) not in the documents: \(topic.unknownKeywords.joined(separator: ", "))\n")
      }
      for document in members.prefix(max(0, top)) {
        let title = documents[document].title.isEmpty ? documents[document].id : documents[document].title
        let score = Units.fixed(Double(scores[document * labels.topics.count + index]), 3)
        out.write("  \(score)  \(title.withoutControlCharacters)\n")
      }
    }
  }
}
