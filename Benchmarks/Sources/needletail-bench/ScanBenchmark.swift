import ArgumentParser
import Foundation
import NeedletailCore
import NeedletailIndex
import NeedletailNumerics

/// Measures how near the exact scan comes to the bandwidth of the memory.
struct ScanBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scan",
    abstract: "Reads per second of the exact scan, beside those of plain passes over memory.",
    discussion: """
      The passes are those of STREAM (McCalpin, 1995): copy, scale, add and triad over arrays far larger than the caches, and a pass that
      only reads and adds up, which is the bound of a scan. A scan reads each code of the index once for a query; rows that it compares in full
      besides are few and do not count. All take turns, the best of --rounds counts.
      """)

  @Option(help: "Vectors to compare with.") var count = 400_000
  @Option(help: "Components of a vector.") var dimension = 384
  @Option(help: "Threads.") var threads = 1
  @Option(help: "How often everything is measured.") var rounds = 5
  @Option(help: "Megabytes of each array of the passes.") var megabytes = 256

  func run() throws {
    guard count > 1_000, dimension > 0, threads > 0, rounds > 0, megabytes > 0 else { throw ValidationError("all options are positive") }
    let pool = WorkerPool(threadCount: threads)
    var generator = SeededGenerator(seed: 1)
    let values = (0..<count * dimension).map { _ in Float(generator.next() >> 40) * 0x1p-23 - 1 }
    let vectors = DenseVectors(dimension: dimension, values: values)
    let query = Array(vectors[7])
    let codecs: [(VectorCodecKind, Int)] = [(.float32, 4), (.float16, 2), (.int8, 1)]
    let indexes = try codecs.map { codec, bytes in
      (codec, bytes, try DenseIndexFactory.build(
        vectors, similarity: .dot, specification: DenseIndexSpecification(layout: .flat, codec: codec), pool: pool))
    }
    let passes = MemoryPasses(count: megabytes << 18, threads: threads)
    var best: [String: Double] = [:]
    let clock = ContinuousClock()
    func measure(_ name: String, _ bytes: Int, _ body: () throws -> Void) rethrows {
      let seconds = try clock.measure(body) / .seconds(1)
      best[name] = max(best[name] ?? 0, Double(bytes) / seconds / 1e9)
    }
    for _ in 0..<rounds {
      for pass in MemoryPasses.Kind.allCases { measure(pass.rawValue, passes.bytes(of: pass)) { passes.run(pass, pool) } }
      for (codec, bytes, index) in indexes {
        try measure("scan of \(codec)", count * dimension * bytes) { _ = try index.search(query, SearchOptions(limit: 10)) }
      }
    }
    print("\(count) vectors of \(dimension) components, \(threads) thread\(threads == 1 ? "" : "s"), best of \(rounds) rounds; checksum \(passes.checksum)\n")
    print("| pass | GB/s | of reading |\n|---|---:|---:|")
    let bound = best[MemoryPasses.Kind.read.rawValue] ?? 1
    for name in MemoryPasses.Kind.allCases.map(\.rawValue) + indexes.map({ "scan of \($0.0)" }) {
      let speed = best[name] ?? 0
      print("| \(name) | \(String(format: "%.2f", speed)) | \(String(format: "%.2f", speed / bound)) |")
    }
  }
}

/// Plain passes over three arrays.
private final class MemoryPasses {
  enum Kind: String, CaseIterable {
    case read, copy, scale, add, triad
  }

  private let count: Int
  private let arrays: [UnsafeMutablePointer<Float>]
  private let threads: Int
  private(set) var checksum: UInt32 = 0

  init(count: Int, threads: Int) {
    self.count = count
    self.threads = threads
    arrays = (0..<3).map { number in
      let start = UnsafeMutablePointer<Float>.allocate(capacity: count)
      start.initialize(repeating: Float(number + 1), count: count)
      return start
    }
  }

  deinit { arrays.forEach { $0.deallocate() } }

  /// What a pass reads and writes, as STREAM counts it.
  func bytes(of kind: Kind) -> Int {
    switch kind {
    case .read: 4 * count
    case .copy, .scale: 8 * count
    case .add, .triad: 12 * count
    }
  }

  func run(_ kind: Kind, _ pool: WorkerPool) {
    nonisolated(unsafe) let (a, b, c) = (arrays[0], arrays[1], arrays[2])
    nonisolated(unsafe) let sums = UnsafeMutablePointer<UInt32>.allocate(capacity: threads)
    defer { sums.deallocate() }
    let (count, threads) = (count, threads)
    pool.forEach(threads) { thread in
      let part = count * thread / threads..<count * (thread + 1) / threads
      var sum: UInt32 = 0
      switch kind {
      case .read:
        // whole numbers, whose sum may be taken in any order, and so by lanes
        let words = UnsafeRawPointer(a).assumingMemoryBound(to: UInt32.self)
        for place in part { sum &+= words[place] }
      case .copy: c.advanced(by: part.lowerBound).update(from: a + part.lowerBound, count: part.count)
      case .scale: for place in part { b[place] = 3 * c[place] }
      case .add: for place in part { c[place] = a[place] + b[place] }
      case .triad: for place in part { a[place] = b[place] + 3 * c[place] }
      }
      sums[thread] = sum
    }
    for thread in 0..<threads { checksum &+= sums[thread] }
  }
}
