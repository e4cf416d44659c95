internal import Foundation
internal import NeedletailCore
internal import NeedletailEvaluation
internal import NeedletailIndex
internal import NeedletailNumerics

/// Whether the nearest feature of each camera finds the camera that sees what a query sees: Aiger, Araujo and Lynen, "Yes, we
/// CANN", ICCV 2023, tables 2 and 3, against aggregated features and votes of nearest neighbours.
///
/// The town is mapped as densely as the benchmarks are: more cameras see a point than neighbours vote, which is what constrained
/// neighbours are for. Aggregated words have the published method, and a number of words of the published order.
///
/// Deviations: a generated town in place of the localisation benchmarks, without occlusion; one machine, so that times are
/// relative.
public struct FeatureLocalisation: Experiment {
  public static let name = "feature-localisation"

  public struct Parameters: Decodable, Sendable {
    public var points: Int
    public var cameras: Int
    public var queries: Int
    public var features: Int
    public var dimension: Int
    /// The distances at which a match is certain and worth nothing.
    public var near: Double
    public var far: Double
    public var grids: Int
    /// The distance beyond which no grids are made.
    public var farthest: Double
    /// Each radius of the grids over the one before.
    public var ratio: Double
    /// Nearest features of each feature that vote.
    public var neighbours: Int
    /// Cells of the aggregation of residuals.
    public var cells: Int
    /// Words of the aggregation by words.
    public var words: Int
    /// The folder of photographs.
    public var photographs: String
  }

  public init() {}

  public func run(_ parameters: Parameters, in laboratory: Laboratory) async throws -> Findings {
    laboratory.progress("Building the town")
    let town = GeneratedTown(
      .init(
        points: parameters.points, cameras: parameters.cameras, queries: parameters.queries, features: parameters.features,
        dimension: parameters.dimension), seed: laboratory.seed)
    let index = try FeatureSetIndex(town.cameraFeatures, kernel: MatchKernel(radius: parameters.far))
    var findings = Findings()
    findings.record("features of cameras", Double(town.cameraFeatures.tokenCount))
    let clock = ContinuousClock()
    var shares: [String: [Double]] = [:]
    var times: [String: (build: Double, query: Double)] = [:]

    func measure(_ name: String, build: Duration, _ answer: ([Float]) throws -> [Int]) throws {
      laboratory.progress(name)
      var rankings: [[Int]] = []
      let time = try clock.measure { for query in 0..<parameters.queries { rankings.append(try answer(Array(town.queryFeatures[query]))) } }
      times[name] = (build / .seconds(1), time / .milliseconds(1) / Double(parameters.queries))
      shares[name] = Self.record(name, rankings, town, &findings)
      findings.record("\(name): building", build / .seconds(1), unit: "s")
      findings.record("\(name): a query", time / .milliseconds(1) / Double(parameters.queries), unit: "ms")
    }

    try measure("exact", build: .zero) { try index.search($0, limit: 3).map { Int($0.row) } }
    var tree: ColoredBallTree?
    let treeTime = clock.measure { tree = ColoredBallTree(index) }
    try measure("range search", build: treeTime) { try tree?.search($0, limit: 3).map { Int($0.row) } ?? [] }
    var grids: RandomGrids?
    let gridTime = try clock.measure {
      grids = try RandomGrids(
        index,
        parameters: .init(
          grids: parameters.grids, near: parameters.near, farthest: parameters.farthest, ratio: parameters.ratio, seed: laboratory.seed))
    }
    try measure("random grids", build: gridTime) { try grids?.search($0, limit: 3).map { Int($0.row) } ?? [] }
    let aggregations = try FeatureAggregations(town.cameraFeatures, cells: parameters.cells, neighbours: parameters.neighbours, seed: laboratory.seed)
    try measure("mean vector", build: aggregations.meanTime) { try aggregations.byMean($0, limit: 3) }
    try measure("residuals of \(parameters.cells) cells", build: aggregations.residualTime) { try aggregations.byResiduals($0, limit: 3) }
    try measure("votes of \(parameters.neighbours) neighbours", build: aggregations.voteTime) { try aggregations.byVotes($0, limit: 3) }
    laboratory.progress("words")
    let words = try AggregatedWords(town.cameraFeatures, words: Self.words(parameters, seed: laboratory.seed))
    try measure("aggregated words", build: words.buildTime) { try words.search($0, limit: 3) }

    for other in ["mean vector", "residuals of \(parameters.cells) cells", "aggregated words", "votes of \(parameters.neighbours) neighbours"] {
      try Self.compare("random grids", other, shares, seed: laboratory.seed, &findings)
    }
    try Self.compare("range search", "mean vector", shares, seed: laboratory.seed, &findings)
    try Self.compare("range search", "votes of \(parameters.neighbours) neighbours", shares, seed: laboratory.seed, &findings)
    try Self.compare("exact", "random grids", shares, seed: laboratory.seed, &findings)
    if let exact = times["exact"], let fast = times["random grids"], let residuals = times["residuals of \(parameters.cells) cells"],
      let aggregated = times["aggregated words"]
    {
      findings.record(effect: "time of a query: exact over random grids", exact.query / fast.query)
      findings.record(effect: "time of building: residuals over random grids", residuals.build / fast.build)
      findings.record(effect: "time of building: aggregated words over random grids", aggregated.build / fast.build, published: 10)
      findings.record(effect: "time of a query: aggregated words over random grids", aggregated.query / fast.query, published: 10)
    }
    try Self.photographs(laboratory.data(parameters.photographs), laboratory, &findings)
    findings.notes.append("A query counts as found if the first camera is one that sees most of the query's points.")
    return findings
  }

  /// Features of another town to be words.
  private static func words(_ parameters: Parameters, seed: UInt64) -> [Float] {
    let other = GeneratedTown(
      .init(
        points: parameters.points, cameras: parameters.cameras, queries: 0, features: parameters.features, dimension: parameters.dimension),
      seed: seed ^ 0x70E2)
    var generator = SeededGenerator(seed: seed)
    let features = (0..<other.cameraFeatures.tokenCount).shuffled(using: &generator).prefix(parameters.words)
    return features.flatMap { other.cameraFeatures.values[$0 * parameters.dimension..<($0 + 1) * parameters.dimension] }
  }

  /// Real photographs of one building, without poses: each, turned, enlarged and darkened, has to find itself among all.
  private static func photographs(_ folder: String, _ laboratory: Laboratory, _ findings: inout Findings) throws {
    laboratory.progress("Photographs")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".pgm.gz") }.sorted()
    let images = try names.map { try GrayImage(graymap: "\(folder)/\($0)") }
    let extractor = LocalFeatures(limit: 400)
    let features = extractor.describe(images)
    let index = try FeatureSetIndex(features, kernel: MatchKernel(radius: 0.8))
    let tree = ColoredBallTree(index)
    let grids = try RandomGrids(index, parameters: .init(near: 0.2, seed: laboratory.seed))
    let aggregations = try FeatureAggregations(features, cells: 16, neighbours: 10, seed: laboratory.seed)
    var found = [String: Double]()
    let changes: [(angle: Float, scale: Float, gain: Float)] = [(0.15, 1.3, 0.7), (-0.3, 1.6, 0.8), (0.6, 1.2, 0.6)]
    for (number, image) in images.enumerated() {
      for change in changes {
        let query = extractor.describe(image.transformed(angle: change.angle, scale: change.scale, gain: change.gain))
        let firsts = [
          "range search": try tree.search(query, limit: 1).first.map { Int($0.row) },
          "random grids": try grids.search(query, limit: 1).first.map { Int($0.row) },
          "mean vector": try aggregations.byMean(query, limit: 1).first, "votes": try aggregations.byVotes(query, limit: 1).first,
        ]
        for (way, first) in firsts where first == number { found[way, default: 0] += 1 / Double(images.count * changes.count) }
      }
    }
    for way in ["range search", "random grids", "mean vector", "votes"] { findings.record("photographs found by \(way)", found[way] ?? 0) }
  }

  /// Records accuracy; returns for each query whether the first camera is a best one.
  private static func record(_ name: String, _ rankings: [[Int]], _ town: GeneratedTown, _ findings: inout Findings) -> [Double] {
    var found: [Double] = []
    var overlap = 0.0
    var within = 0.0
    var counted = 0.0
    for (query, ranking) in rankings.enumerated() {
      let best = town.best(query: query)
      guard let one = best.first else { continue }
      counted += 1
      found.append(ranking.first.map { best.contains($0) ? 1 : 0 } ?? 0)
      overlap += ranking.first.map { Double(town.overlap(query: query, camera: $0)) / Double(town.overlap(query: query, camera: one)) } ?? 0
      let error = town.error(of: Array(ranking.prefix(1)), query: query)
      if error.distance <= 5, error.angle <= 10 * Double.pi / 180 { within += 1 }
    }
    findings.record("\(name): found", found.reduce(0, +) / max(1, counted))
    findings.record("\(name): points of the first camera, of the most possible", overlap / max(1, counted))
    findings.record("\(name): first camera within 5 m and 10 degrees", within / max(1, counted), published: name == "random grids" ? 0.123 : nil)
    return found
  }

  private static func compare(
    _ first: String, _ second: String, _ shares: [String: [Double]], seed: UInt64, _ findings: inout Findings
  ) throws {
    let differences = zip(shares[first] ?? [], shares[second] ?? []).map { $0 - $1 }
    findings.record(
      effect: "found: \(first) over \(second)", differences.reduce(0, +) / Double(max(1, differences.count)),
      interval: ConfidenceInterval(bootstrapping: differences, seed: seed))
  }
}
