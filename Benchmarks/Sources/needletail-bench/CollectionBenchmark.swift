import ArgumentParser
import Foundation
import Needletail
import NeedletailEvaluation

/// Indexes plain text end to end and searches it: what a user of the product waits for.
struct CollectionBenchmark: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "collection",
    abstract: "Index many passages of plain text and search them: passages/s, peak memory, latencies.")

  @Argument(help: "Collections in BEIR layout that the text and the questions come from.")
  var directories: [String]

  @Option(help: "The model directory.") var model: String
  @Option(help: "Passages to index.") var passages = 100_000
  @Option(help: "Tokens per passage at most.") var passageTokens = 128
  @Option(help: "float32, bfloat16 or int8.") var precision = EmbedderPrecision.int8
  @Option(help: "Searches to time.") var searches = 1000

  func run() async throws {
    let directory = try ModelDirectory(path: model)
    let embedder = try TransformerEmbedder(directory: directory, precision: precision)
    var options = IngestOptions()
    options.passageTokens = passageTokens
    let index = try TextIndex(embedder: embedder, tokenizer: embedder.tokenizer, options: options)
    let tasks = try directories.map { try BEIRReader.read(directory: $0) }

    let clock = ContinuousClock()
    let start = clock.now
    for slice in slices(of: tasks.flatMap(\.corpus)) {
      try await index.add(slice)
      if try index.collection.snapshot().passageCount >= passages { break }
    }
    let embedded = clock.now
    try await index.collection.settle()
    let settled = clock.now
    let count = try index.collection.snapshot().passageCount
    report("passages", "\(count)")
    report("indexing", "\(Int(Double(count) / ((settled - start) / .seconds(1)))) passages/s (\(precision.rawValue))")
    report("index files", "\((settled - embedded) / .seconds(1)) s after the last passage")
    report("peak memory", "\(PeakMemory.megabytes) MB")

    let questions = Array(tasks.flatMap(\.queries).map(\.text).prefix(searches))
    try timeDense(index, questions: questions, embedder: embedder)
    try await timeWhole(index, questions: questions)
    try timeSmall(embedder: embedder, questions: questions)
  }

  private func slices(of documents: [Document]) -> [[Document]] {
    stride(from: 0, to: documents.count, by: 1000).map { Array(documents[$0..<min($0 + 1000, documents.count)]) }
  }

  /// Vectors in, passages out; encoding excluded. Recall is measured beside the time.
  private func timeDense(_ index: TextIndex, questions: [String], embedder: TransformerEmbedder) throws {
    let snapshot = try index.collection.snapshot()
    let vectors = try embedder.encodeNow(questions, as: .query)
    var latencies = Latencies()
    var found = 0
    for row in 0..<vectors.count {
      let query = Array(vectors[row])
      let answer = try latencies.time { try snapshot.nearest(to: query, limit: 10) }
      let exact = try snapshot.nearest(to: query, limit: 10, options: DenseSearchOptions(isExact: true))
      found += Set(answer.map(\.id)).intersection(exact.map(\.id)).count
    }
    report("dense search", "\(latencies)  recall@10 \(Double(found) / Double(10 * vectors.count))")
  }

  /// From the text of the question to highlighted answers, as the command line and the page show them.
  private func timeWhole(_ index: TextIndex, questions: [String]) async throws {
    for mode in SearchMode.allCases {
      var searcher = index.searcher
      searcher.mode = mode
      var latencies = Latencies()
      for question in questions {
        let start = ContinuousClock.now
        _ = try await searcher.search(Query(question))
        latencies.add(ContinuousClock.now - start)
      }
      report("\(mode.rawValue), question to answers", "\(latencies)")
    }
  }

  /// A small collection inside an application: a thousand vectors.
  private func timeSmall(embedder: TransformerEmbedder, questions: [String]) throws {
    let count = 1000
    let dimension = embedder.profile.dimension
    var generator = SystemRandomNumberGenerator()
    let vectors = DenseVectors(
      dimension: dimension, values: (0..<count * dimension).map { _ in Float.random(in: -1...1, using: &generator) })
    let flat = try DenseIndexFactory.build(vectors, similarity: .cosine, specification: DenseIndexSpecification())
    var latencies = Latencies()
    for row in 0..<count {
      let query = DenseVectors(dimension: dimension, values: Array(vectors[row]))
      _ = try latencies.time { try flat.search(query, SearchOptions(limit: 10)) }
    }
    report("dense search, 1,000 vectors", "\(latencies)")
  }

  private func report(_ name: String, _ value: String) {
    print(name.padding(toLength: 30, withPad: " ", startingAt: 0), value)
  }
}

extension EmbedderPrecision: @retroactive ExpressibleByArgument {}

/// Durations and their percentiles.
struct Latencies: CustomStringConvertible {
  private var microseconds: [Double] = []

  mutating func add(_ duration: Duration) { microseconds.append(duration / .microseconds(1)) }

  mutating func time<Result>(_ work: () throws -> Result) rethrows -> Result {
    let start = ContinuousClock.now
    defer { add(ContinuousClock.now - start) }
    return try work()
  }

  func percentile(_ fraction: Double) -> Double {
    let sorted = microseconds.sorted()
    return sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(fraction * Double(sorted.count)))]
  }

  var description: String {
    "p50 \(Self.shown(percentile(0.5)))  p99 \(Self.shown(percentile(0.99)))"
  }

  private static func shown(_ microseconds: Double) -> String {
    microseconds < 1000 ? String(format: "%.1f µs", microseconds) : String(format: "%.2f ms", microseconds / 1000)
  }
}

/// The most memory the process ever held.
enum PeakMemory {
  static var megabytes: Int {
    var usage = rusage()
    #if os(Linux)
      getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
      return Int(usage.ru_maxrss) / 1024
    #else
      getrusage(RUSAGE_SELF, &usage)
      return Int(usage.ru_maxrss) / 1_048_576
    #endif
  }
}
