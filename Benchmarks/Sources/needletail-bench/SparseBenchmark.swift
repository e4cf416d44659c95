import ArgumentParser
import Foundation
import NeedletailCore
import NeedletailEvaluation
import NeedletailIndex
import NeedletailNumerics

/// Builds and searches a clustered index of sparse vectors on one thread; `peers/sparse.py` runs it in turns with
/// pyseismic-lsr.
struct SparseBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sparse", abstract: "Builds and searches an index of sparse vectors in .csr files, or makes such files.")

  @Option(help: "The .csr file of vectors.") var vectors: String
  @Option(help: "The .csr file of queries.") var queries: String
  @Option(help: "Make the two files instead, with so many synthetic vectors and 1,000 queries.") var synthesize: Int?
  @Option(help: "An index file: built and written if it is missing, otherwise opened.") var index: String?
  @Option(help: "Postings kept of a list on average.") var postings = 1000
  @Option(help: "The most postings of a list, as a multiple of that.") var largest = 4.0
  @Option(help: "Blocks of a list, as a share of its postings.") var share = 0.1
  @Option(help: "Share of a block's mass that its summary keeps.") var mass = 0.4
  @Option(help: "fixed16 or fixed8.") var codec = "fixed16"
  @Option(help: "Near rows kept with each row.") var neighbours = 0
  @Option(help: "Lists visited, separated by commas.") var cuts = "2,3,4,5,6,8,10"
  @Option(help: "Factors of the heap's threshold, separated by commas.") var factors = "0.7,0.8,0.9,1.0"
  @Option(help: "How often each query runs; its fastest time counts.") var rounds = 3

  func run() throws {
    if let synthesize {
      let made = SyntheticSparseVectors(documentCount: synthesize, queryCount: 1000, seed: 13)
      try made.documents.write(to: vectors)
      return try made.queries.write(to: queries)
    }
    let base = try SparseVectors(contentsOf: vectors)
    let asked = try SparseVectors(contentsOf: queries)
    let built = try builtIndex(base)
    let exact = try InvertedSparseIndex(base)
    let truth = try exact.search(asked, SearchOptions(limit: 10)).map { $0.map(\.row) }
    for cut in cuts.split(separator: ",").compactMap({ Int($0) }) {
      for factor in factors.split(separator: ",").compactMap({ Float($0) }) {
        let measured = try SparseMeasurement(
          of: built, asked, SearchOptions(limit: 10), effort: SparseSearchEffort(queryCut: cut, heapFactor: factor), truth: truth,
          rounds: rounds)
        print(
          "cut \(cut), factor \(factor): recall@10 \(String(format: "%.4f", measured.recall ?? 0)), "
            + "\(String(format: "%.1f", 1e6 / measured.queriesPerSecond)) µs a query, "
            + "\(Int(measured.scoredRows ?? 0)) rows scored")
      }
    }
  }

  private func builtIndex(_ base: SparseVectors) throws -> ClusteredSparseIndex {
    if let index, FileManager.default.fileExists(atPath: index) { return try ClusteredSparseIndex.open(index) }
    let parameters = ClusteredSparseParameters(
      pruning: .overall(average: postings, largest: Int(largest * Double(postings))),
      blocking: .geometric(share: share, smallestBlock: 2), summary: .mass(mass),
      codec: SparseWeightCodec(rawValue: codec) ?? .fixed16, neighbourCount: neighbours)
    let clock = ContinuousClock()
    let start = clock.now
    let built = try ClusteredSparseIndex(base, parameters: parameters, pool: WorkerPool(threadCount: 1))
    let seconds = (clock.now - start) / .seconds(1)
    print("Needletail: build \(String(format: "%.2f", seconds)) s on one thread, \(built.footprint.totalBytes) bytes")
    if let index { try built.write(to: index) }
    return built
  }
}
