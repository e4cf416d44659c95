import ArgumentParser
import Foundation
import NeedletailModels
import NeedletailNumerics

/// Embeds texts on request, so that a script can alternate between Needletail and its peers within one run.
struct EncoderBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "encoder",
    abstract: "Embeds texts and tells how long it took.",
    discussion: """
      Without --texts it obeys lines on standard input and answers each with one line:
        time PRECISION THREADS FILE          seconds to embed the texts of FILE, a JSON array of strings
        vectors PRECISION THREADS FILE OUT   writes the vectors to OUT, 32-bit floats
      """)

  @Option(help: "Directory of the model.")
  var model: String

  @Option(help: "A JSON array of strings to embed, once as warm-up and then repeatedly.")
  var texts: String?

  @Option(help: "float32, bfloat16 or int8.")
  var precision = "float32"

  @Option(help: "Threads to use.")
  var threads = 1

  @Option(help: "How often to measure.")
  var repetitions = 5

  func run() throws {
    var bench = try EmbedderBench(model: model)
    guard let texts else {
      while let line = readLine() {
        let answer = try bench.answer(line.split(separator: " ").map(String.init))
        // written at once: whoever asked is waiting
        FileHandle.standardOutput.write(Data((answer + "\n").utf8))
      }
      return
    }
    for repetition in 0...repetitions {
      let seconds = try bench.seconds(precision, threads, texts)
      if repetition > 0 { print(String(format: "%.2f ms", seconds * 1e3)) }
    }
  }
}

/// Embedders and texts, loaded when first asked for.
private struct EmbedderBench {
  let directory: ModelDirectory
  private var embedders: [String: TransformerEmbedder] = [:]
  private var texts: [String: [String]] = [:]

  init(model: String) throws {
    directory = try ModelDirectory(path: model)
  }

  mutating func answer(_ words: [String]) throws -> String {
    switch (words.first, words.count) {
    case ("time", 4):
      return String(try seconds(words[1], Int(words[2]) ?? 1, words[3]))
    case ("vectors", 5):
      let vectors = try embedder(words[1], Int(words[2]) ?? 1).encodeNow(try load(words[3]), as: .document)
      try vectors.values.withUnsafeBytes { try Data($0).write(to: URL(fileURLWithPath: words[4])) }
      return "\(vectors.count) \(vectors.dimension)"
    default:
      throw ValidationError("cannot read: \(words.joined(separator: " "))")
    }
  }

  mutating func seconds(_ precision: String, _ threads: Int, _ file: String) throws -> Double {
    let embedder = try embedder(precision, threads)
    let batch = try load(file)
    let start = ContinuousClock.now
    _ = try embedder.encodeNow(batch, as: .document)
    return (ContinuousClock.now - start) / .seconds(1)
  }

  private mutating func embedder(_ precision: String, _ threads: Int) throws -> TransformerEmbedder {
    let key = "\(precision) \(threads)"
    if let known = embedders[key] { return known }
    guard let choice = EmbedderPrecision(rawValue: precision) else { throw ValidationError("no precision \(precision)") }
    let made = try TransformerEmbedder(directory: directory, precision: choice, pool: WorkerPool(threadCount: threads))
    embedders[key] = made
    return made
  }

  private mutating func load(_ file: String) throws -> [String] {
    if let known = texts[file] { return known }
    let read = try JSONDecoder().decode([String].self, from: Data(contentsOf: URL(fileURLWithPath: file)))
    texts[file] = read
    return read
  }
}
