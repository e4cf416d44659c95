import Foundation
import NeedletailCore
import NeedletailIndex
import NeedletailNumerics
import NeedletailStore
import NeedletailText
import Testing

/// Figures rather than promises, and minutes rather than seconds: runs only with NEEDLETAIL_STORE_SCALE set to the number
/// of passages, and prints what it measured.
@Suite struct ScaleTests {
  private static let passages = ProcessInfo.processInfo.environment["NEEDLETAIL_STORE_SCALE"].flatMap { Int($0) }
  private static let dimension = 384

  @Test(.enabled(if: passages != nil)) func bulkLoadSettleAndSearch() async throws {
    let count = try #require(Self.passages)
    let directory = try TemporaryDirectory()
    let embedder = EmbedderProfile(name: "random", digest: "0", dimension: Self.dimension, maximumTokens: 256, similarity: .cosine)
    let collection = try DocumentCollection.open("test", in: directory.data, access: .create(CollectionSettings(embedder: embedder)))
    var maker = Maker()
    let clock = ContinuousClock()
    let writing = try await clock.measure {
      for start in stride(from: 0, to: count, by: 500) { try await collection.write(maker.batch(start..<min(start + 500, count))) }
    }
    report("written \(count) in \(writing), \(Memory.peak) MiB at most")
    let settling = try await clock.measure { try await collection.settle() }
    report("settled in \(settling), \(Memory.peak) MiB at most")
    let snapshot = try collection.snapshot()
    report("\(try snapshot.statistics())")
    try measure("dense", times: 400) { try snapshot.nearest(to: maker.vector(), limit: 10).count }
    try measure("lexical", times: 200) { try snapshot.lexical(maker.words(4), limit: 10).count }
    let half = Filter.match(field: "parity", values: ["even"])
    try measure("first filter", times: 1) { try snapshot.nearest(to: maker.vector(), limit: 10, filter: half).count }
    try measure("filtered by half", times: 200) { try snapshot.nearest(to: maker.vector(), limit: 10, filter: half).count }
    let few = Filter.match(field: "number", values: [5, 6, 7])
    try measure("filtered by few", times: 200) { try snapshot.nearest(to: maker.vector(), limit: 10, filter: few).count }
    try measure("snapshot", times: 1_000) { try collection.snapshot().passageCount }
    try measure("load 10 passages", times: 100) { try snapshot.passages(snapshot.nearest(to: maker.vector(), limit: 10).map(\.id)).count }
    await collection.close()
    let opening = try await clock.measure {
      let again = try DocumentCollection.open("test", in: directory.data, access: .read)
      #expect(try again.snapshot().passageCount == count)
      await again.close()
    }
    report("opened for reading in \(opening)")
  }

  @Test(.enabled(if: passages != nil)) func thousandVectors() async throws {
    let directory = try TemporaryDirectory()
    let embedder = EmbedderProfile(name: "random", digest: "0", dimension: Self.dimension, maximumTokens: 256, similarity: .cosine)
    let collection = try DocumentCollection.open("test", in: directory.data, access: .create(CollectionSettings(embedder: embedder)))
    var maker = Maker()
    try await collection.write(maker.batch(0..<1_000))
    try measure("dense among 1,000 in the delta", times: 2_000) { try collection.snapshot().nearest(to: maker.vector(), limit: 10).count }
    try await collection.settle()
    try measure("dense among 1,000 in a segment", times: 2_000) { try collection.snapshot().nearest(to: maker.vector(), limit: 10).count }
    await collection.close()
  }

  private func measure(_ name: String, times: Int, _ body: () throws -> Int) throws {
    let clock = ContinuousClock()
    var durations: [Duration] = []
    for _ in 0..<times { durations.append(try clock.measure { _ = try body() }) }
    durations.sort()
    report("\(name): p50 \(durations[times / 2]), p99 \(durations[times * 99 / 100])")
  }

  private func report(_ line: String) { print("scale: \(line)") }
}

/// Vectors in clusters and texts of frequent and rare words, roughly as real ones are.
private struct Maker {
  private var generator = SeededGenerator(seed: 11)
  private let centres: [[Float]]

  init() {
    var generator = SeededGenerator(seed: 12)
    centres = (0..<2_000).map { _ in (0..<384).map { _ in Float.random(in: -1...1, using: &generator) } }
  }

  mutating func vector() -> [Float] {
    let centre = centres[Int.random(in: 0..<centres.count, using: &generator)]
    return centre.map { $0 + Float.random(in: -0.7...0.7, using: &generator) }
  }

  mutating func words(_ count: Int) -> String {
    (0..<count).map { _ in
      let rank = pow(30_000, Double.random(in: 0..<1, using: &generator))
      return "w\(Int(rank))"
    }.joined(separator: " ")
  }

  mutating func batch(_ numbers: Range<Int>) -> [DocumentWrite] {
    numbers.map { number in
      let text = words(120)
      return DocumentWrite(
        document: Document(
          id: "doc-\(number)", title: "Title", text: text,
          payload: ["number": .integer(Int64(number)), "parity": .string(number % 2 == 0 ? "even" : "odd"), "folder": .string("a/\(number % 100)")]),
        passages: [Passage(ordinal: 0, byteRange: 0..<text.utf8.count)], vectors: DenseVectors(dimension: 384, values: vector()))
    }
  }
}

private enum Memory {
  /// The largest resident size of the process so far, in MiB.
  static var peak: Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return (line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) / 1_024
  }
}
