import Foundation
import NeedletailCore
import NeedletailIndex
import NeedletailNumerics

/// Measures a dense index: build time, then recall@10, latency and throughput on one thread for some values of `ef`.
///
/// Arguments: `--vectors FILE.fvecs --queries FILE.fvecs` and, optionally, `--similarity cosine|dot|euclidean`,
/// `--layout flat|graph`, `--codec int8|float16|float32`, `--ef 40,80,160`, `--degree N`, `--construction N`,
/// `--diversification X`, `--threads N` for the build, `--limit N` rows, `--allowed PERCENT` of the rows by a random
/// filter, `--index FILE` to write, reopen and measure the mapped file. `--ef -` reads values of `ef` from standard
/// input, one a line, and measures each as it comes, so that a peer can take turns.
func runDenseIndexBenchmark(arguments: [String]) throws {
  let options = try DenseIndexBenchmarkOptions(arguments)
  let vectors = try readVectors(options.vectorsPath, limit: options.limit)
  let queries = try readVectors(options.queriesPath, limit: .max)
  print("\(vectors.count) vectors of \(vectors.dimension), \(queries.count) queries, \(options.specification.codec)")

  let clock = ContinuousClock()
  var index: (any SearchIndex)?
  let buildTime = try clock.measure {
    index = try DenseIndexFactory.build(
      vectors, similarity: options.similarity, specification: options.specification,
      pool: WorkerPool(threadCount: options.threads))
  }
  guard var index else { return }
  let mebibytes = index.footprint.totalBytes >> 20
  print("build \(format(buildTime.seconds, 2)) s on \(options.threads) threads, \(mebibytes) MiB")
  if let path = options.indexPath {
    let writeTime = try clock.measure { try DenseIndexFactory.write(index, to: path) }
    var reopened: (any SearchIndex)?
    let openTime = try clock.measure { reopened = try DenseIndexFactory.open(path) }
    index = reopened ?? index
    print("write \(format(writeTime.seconds, 3)) s, open \(format(openTime.seconds, 3)) s")
  }

  let oracle = try DenseIndexFactory.build(
    vectors, similarity: options.similarity, specification: DenseIndexSpecification(layout: .flat, codec: .float32))
  let within = options.allowedPercent.map { percent in
    var generator = SeededGenerator(seed: 1)
    return RowSet((0..<Row(vectors.count)).filter { _ in Int.random(in: 0..<100, using: &generator) < percent })
  }
  let truth = try oracle.search(queries, SearchOptions(limit: 10, within: within))
  let report = { (ef: Int) in
    let measured = try measure(index, queries, truth, SearchOptions(limit: 10, efSearch: ef, within: within))
    print("ef \(ef): \(measured)")
    fflush(nil)
  }
  if let efValues = options.efValues { return try efValues.forEach(report) }
  print("ready")
  fflush(nil)
  while let line = readLine(), let ef = Int(line) { try report(ef) }
}

private func measure(
  _ index: any SearchIndex, _ queries: DenseVectors, _ truth: [[Neighbour]], _ options: SearchOptions
) throws -> String {
  let lists = (0..<queries.count).map { Array(queries[$0]) }
  for query in lists.prefix(50) { _ = try index.search(query, options) }
  var times: [Double] = []
  var found = 0
  var wanted = 0
  let clock = ContinuousClock()
  for (number, query) in lists.enumerated() {
    var answer: [Neighbour] = []
    let time = try clock.measure { answer = try index.search(query, options) }
    times.append(time.seconds * 1e6)
    let expected = Set(truth[number].map(\.row))
    found += answer.count { expected.contains($0.row) }
    wanted += expected.count
  }
  times.sort()
  let mean = times.reduce(0, +) / Double(times.count)
  return "recall@10 \(format(Double(found) / Double(wanted), 4)), p50 \(format(times[times.count / 2], 1)) µs, "
    + "p99 \(format(times[times.count * 99 / 100], 1)) µs, \(format(1e6 / mean, 0)) queries/s"
}

private struct DenseIndexBenchmarkOptions {
  var vectorsPath = ""
  var queriesPath = ""
  var similarity = Similarity.cosine
  var specification = DenseIndexSpecification(layout: .graph)
  /// `nil`: standard input says them.
  var efValues: [Int]? = [20, 40, 80, 160]
  var threads = 1
  var limit = Int.max
  var indexPath: String?
  var allowedPercent: Int?

  struct Misuse: Error, CustomStringConvertible {
    var description: String
  }

  init(_ arguments: [String]) throws {
    var rest = arguments[...]
    while let name = rest.popFirst() {
      guard let value = rest.popFirst() else { throw Misuse(description: "\(name) needs a value") }
      func parsed<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw Misuse(description: "\(name) has an unusable value") }
        return value
      }
      switch name {
      case "--vectors": vectorsPath = value
      case "--queries": queriesPath = value
      case "--similarity": similarity = try parsed(Similarity(rawValue: value))
      case "--layout": specification.layout = try parsed(DenseIndexSpecification.Layout(rawValue: value))
      case "--codec": specification.codec = try parsed(VectorCodecKind(rawValue: value))
      case "--ef": efValues = value == "-" ? nil : try value.split(separator: ",").map { try parsed(Int($0)) }
      case "--degree": specification.graph.degree = try parsed(Int(value))
      case "--construction": specification.graph.efConstruction = try parsed(Int(value))
      case "--diversification": specification.graph.diversification = try parsed(Float(value))
      case "--threads": threads = try parsed(Int(value))
      case "--limit": limit = try parsed(Int(value))
      case "--index": indexPath = value
      case "--allowed": allowedPercent = try parsed(Int(value))
      default: throw Misuse(description: "unknown argument \(name)")
      }
    }
  }
}

/// Reads `.fvecs`: each row is its dimension as a 32-bit integer, then its components.
private func readVectors(_ path: String, limit: Int) throws -> DenseVectors {
  let data = try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
  let words = data.withUnsafeBytes { Array($0.bindMemory(to: UInt32.self)) }
  let dimension = Int(words.first ?? 0)
  let count = min(limit, words.count / (dimension + 1))
  var values: [Float] = []
  values.reserveCapacity(count * dimension)
  for row in 0..<count {
    let record = words[row * (dimension + 1)..<(row + 1) * (dimension + 1)]
    for word in record.dropFirst() { values.append(Float(bitPattern: word)) }
  }
  return DenseVectors(dimension: dimension, values: values)
}

private func format(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }

extension Duration {
  fileprivate var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
