import ArgumentParser
import Foundation
import NeedletailIndex

/// Searches an index of terms on one thread; `peers/lexical.py` runs it in turns with other engines.
struct LexicalBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lexical", abstract: "Searches documents by BM25; each line of a file is a list of terms between spaces.")

  @Option(help: "The documents.") var documents: String
  @Option(help: "The queries.") var queries: String
  @Option(help: "An index file: built and written if it is missing, otherwise opened.") var index: String?
  @Option(help: "Rows for each query.") var limit = 10
  @Option(help: "maxscore or block-max-wand.") var algorithm = LexicalAlgorithm.maxScore

  func run() throws {
    let index = try opened()
    let queries = try Self.lines(queries)
    for query in queries.prefix(20) { _ = try index.search(query, options: SearchOptions(limit: limit), algorithm: algorithm) }
    let time = try ContinuousClock().measure {
      for query in queries { _ = try index.search(query, options: SearchOptions(limit: limit), algorithm: algorithm) }
    }
    print("\(queries.count) queries in \(time / .seconds(1)) seconds")
  }

  private func opened() throws -> LexicalIndex {
    if let index, FileManager.default.fileExists(atPath: index) { return try LexicalIndex.open(index) }
    var builder = LexicalIndexBuilder()
    for document in try Self.lines(documents) { builder.add(terms: document) }
    let built = builder.build()
    if let index { try built.write(to: index) }
    return built
  }

  private static func lines(_ path: String) throws -> [[String]] {
    try String(contentsOf: URL(fileURLWithPath: path), encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.split(separator: " ").map(String.init) }
  }
}

extension LexicalAlgorithm: ExpressibleByArgument {}
