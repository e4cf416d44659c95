import Foundation
import NeedletailCore
import NeedletailIndex
import NeedletailNumerics

/// Vectors for tests: made from a seed, or real ones where the shared data lies beside the package.
enum IndexSamples {
  /// Clusters of unequal size, as real embeddings have them, in a cloud of noise.
  static func clustered(_ count: Int, dimension: Int, clusters: Int = 20, seed: UInt64 = 1) -> DenseVectors {
    var generator = SeededGenerator(seed: seed)
    let centres = (0..<clusters).map { _ in (0..<dimension).map { _ in gaussian(&generator) } }
    var values: [Float] = []
    values.reserveCapacity(count * dimension)
    for _ in 0..<count {
      // The lower of two random numbers: the first clusters are the largest.
      let choices = (0..<2).map { _ in Int.random(in: 0..<clusters, using: &generator) }
      let centre = centres[min(choices[0], choices[1])]
      for index in 0..<dimension { values.append(centre[index] + 0.7 * gaussian(&generator)) }
    }
    return DenseVectors(dimension: dimension, values: values)
  }

  private static func gaussian(_ generator: inout SeededGenerator) -> Float {
    let radius = (-2 * Float.random(in: 1e-7...1, using: &generator).logarithm).squareRoot()
    return radius * Float(cos(2 * Double.pi * Double.random(in: 0..<1, using: &generator)))
  }

  /// The package's directory.
  static var packageRoot: URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  }

  static var deepDirectory: URL { packageRoot.appendingPathComponent("../shared/data/vectors-deep-10k").standardized }
  static var hasDeep: Bool { FileManager.default.fileExists(atPath: deepDirectory.path) }

  /// 10,000 real vectors, 1,000 queries and for each the 100 nearest rows by Euclidean distance.
  static func deep() throws -> (base: DenseVectors, queries: DenseVectors, nearest: [[Row]]) {
    let base = try vectors(in: unzipped(deepDirectory.appendingPathComponent("base.fvecs.gz")))
    let queries = try vectors(in: Data(contentsOf: deepDirectory.appendingPathComponent("query.fvecs")))
    let nearest = try records(in: Data(contentsOf: deepDirectory.appendingPathComponent("groundtruth-l2-top100.ivecs")))
    return (base, queries, nearest.map { $0.map { Row($0) } })
  }

  /// The records of `.fvecs` and `.ivecs`: a 32-bit length, then as many 32-bit words.
  private static func records(in data: Data) -> [[UInt32]] {
    let words = stride(from: 0, to: data.count, by: 4).map { offset in
      data[offset..<offset + 4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    }
    let length = Int(words.first ?? 0) + 1
    return stride(from: 0, to: words.count, by: length).map { Array(words[$0 + 1..<$0 + length]) }
  }

  private static func vectors(in data: Data) -> DenseVectors {
    let records = records(in: data)
    return DenseVectors(
      dimension: records.first?.count ?? 0, values: records.joined().map { Float(bitPattern: $0) })
  }

  private static func unzipped(_ file: URL) throws -> Data {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["gzip", "-dc", file.path]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return data
  }
}

extension Float {
  fileprivate var logarithm: Float { Float(log(Double(self))) }
}

extension DenseVectors {
  /// Some of the rows, in the order given.
  func rows(_ rows: some Sequence<Int>) -> DenseVectors {
    DenseVectors(dimension: dimension, values: rows.flatMap { self[$0] })
  }
}
