internal import Foundation
public import NeedletailCore
public import NeedletailNumerics
internal import Synchronization

/// Ranks items by the cells that their features share with a query's, on many grids of growing coarseness; no distance is ever
/// computed.
///
/// Aiger, Araujo and Lynen, ICCV 2023, section 4, and the code released with it, after D. Aiger, E. Kokiopoulou and E. Rivlin,
/// "Random Grids: Fast Approximate Nearest Neighbors and Range Searching for Image Search", ICCV 2013. A randomly turned and
/// shifted grid holds a pair of features in one cell with a probability that falls with their distance over the cell's side. Radii
/// are gone through from the smallest; an item counts for a feature at the first radius where they share a cell.
///
/// Deviations: cells are rounded down, not towards zero, which would merge the two around zero; all grids are kept, so that queries
/// may come one by one; a grid turns the same way at all radii, so that features are turned once for each grid; a cell is known by
/// 64 bits of hash; radii follow from distances by a factor that is measured, see ``radiusPerDistance(dimension:grids:seed:)``.
public struct RandomGrids: Sendable {
  public struct Parameters: Hashable, Sendable {
    /// Grids of each radius (19 in the code of the authors).
    public var grids: Int
    /// The distance up to which a match is certain; the kernel's radius is where it is worth nothing.
    public var near: Double
    /// Each radius over the one before.
    public var ratio: Double
    public var seed: UInt64

    public init(grids: Int = 19, near: Double, ratio: Double = 1.13, seed: UInt64 = 1) {
      self.grids = grids
      self.near = near
      self.ratio = ratio
      self.seed = seed
    }
  }

  /// The approximation factor that the sides of cells follow from (`c`): a side is `c r / √d`.
  private static let approximation = 1.165939651397022

  /// The cells of all grids at one radius.
  private struct Level: Sendable {
    /// One over the side of a cell.
    let scale: Float
    /// What a hit is worth.
    let worth: Double
    /// The hashes of the cells that hold something, ascending.
    var cells: [UInt64] = []
    /// Where the items of each cell start; one more than cells.
    var starts: [UInt32] = [0]
    var items: [Row] = []
    /// For the first 16 bits of a hash the first cell; one more than there are.
    var buckets: [UInt32] = []
  }

  private let base: FeatureSetIndex
  private let parameters: Parameters
  /// For each grid an orthonormal matrix, row after row.
  private let turns: [Float]
  /// For each grid a shift in cells.
  private let shifts: [Float]
  private var levels: [Level]

  /// Builds all grids. Complexity: O(grids · (n d² + radii · n (d + log n))).
  ///
  /// - Throws: `IndexError.invalidParameter`.
  public init(_ base: FeatureSetIndex, parameters: Parameters, pool: WorkerPool = .shared) throws(IndexError) {
    guard (1...1000).contains(parameters.grids), parameters.near > 0, parameters.near < base.kernel.radius, (1.001...10).contains(parameters.ratio)
    else { throw .invalidParameter("grids take 1 to 1000 of them, a near distance below the kernel's radius, and a ratio from 1.001 to 10") }
    self.base = base
    self.parameters = parameters
    let dimension = base.features.dimension
    var generator = SeededGenerator(seed: parameters.seed)
    turns = (0..<parameters.grids).flatMap { _ in Self.rotation(dimension, &generator) }
    shifts = (0..<parameters.grids * dimension).map { _ in Float.random(in: 0..<1, using: &generator) }
    let factor = Self.radiusPerDistance(dimension: dimension, grids: parameters.grids, seed: parameters.seed)
    levels = base.kernel.radii(from: parameters.near, ratio: parameters.ratio).map { distance in
      let side = Self.approximation * distance * factor / Double(dimension).squareRoot()
      return Level(scale: Float(1 / side), worth: base.kernel.worth(at: distance))
    }
    fill(pool)
  }

  /// The number of radii.
  public var radiusCount: Int { levels.count }

  // MARK: - Grids

  /// By how much a radius is larger than the distance at which a pair of features typically first shares a cell: the median over
  /// random pairs.
  public static func radiusPerDistance(dimension: Int, grids: Int, seed: UInt64 = 1) -> Double {
    var generator = SeededGenerator(seed: seed ^ 0xCA11)
    let width = approximation / Double(dimension).squareRoot()
    let found = (0..<200).map { _ -> Double in
      // In each grid the least radius with a common cell, taken on a fine ladder.
      var offsets: [(difference: [Double], shift: [Double])] = []
      for _ in 0..<grids {
        let direction = (0..<dimension).map { _ in generator.nextGaussian() }
        let length = direction.reduce(0) { $0 + $1 * $1 }.squareRoot()
        offsets.append((direction.map { $0 / length }, (0..<dimension).map { _ in Double.random(in: 0..<1, using: &generator) }))
      }
      var radius = 0.5
      while radius < 1e4 {
        let side = width * radius
        let isShared = offsets.contains { offset in
          (0..<dimension).allSatisfy { (0..<1).contains(offset.shift[$0] + offset.difference[$0] / side) }
        }
        if isShared { return radius }
        radius *= 1.02
      }
      return radius
    }
    return found.sorted()[found.count / 2]
  }

  /// Random rows made orthonormal one after the other.
  private static func rotation(_ dimension: Int, _ generator: inout SeededGenerator) -> [Float] {
    var rows: [[Double]] = []
    while rows.count < dimension {
      var row = (0..<dimension).map { _ in generator.nextGaussian() }
      // Twice, since once leaves rounding behind.
      for _ in 0..<2 {
        for other in rows {
          let product = zip(row, other).reduce(0) { $0 + $1.0 * $1.1 }
          for index in 0..<dimension { row[index] -= product * other[index] }
        }
      }
      let length = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
      if length > 1e-6 { rows.append(row.map { $0 / length }) }
    }
    return rows.flatMap { $0.map(Float.init) }
  }

  /// The components of a feature in all grids.
  private func turned(_ feature: [Float]) -> [Float] { DistanceKernels.current.dot(feature.span, rows: turns.span) }

  /// The hash of the cell of a turned feature.
  @inline(__always)
  private func cell(_ turned: [Float], grid: Int, scale: Float) -> UInt64 {
    let dimension = base.features.dimension
    var hash = UInt64(grid) &* 0x9E37_79B9_7F4A_7C15
    for index in grid * dimension..<(grid + 1) * dimension {
      let coordinate = (turned[index] * scale + shifts[index]).rounded(.down)
      // Coordinates beyond 32 bits would be cells of nothing but themselves.
      hash ^= UInt64(bitPattern: Int64(max(-2e9, min(2e9, coordinate))))
      hash &*= 0xFF51_AFD7_ED55_8CCD
      hash ^= hash >> 32
    }
    return hash &* 0xC4CE_B9FE_1A85_EC53
  }

  private mutating func fill(_ pool: WorkerPool) {
    let features = base.features
    let all = (0..<features.tokenCount).map { turned(Array(features.values[$0 * features.dimension..<($0 + 1) * features.dimension])) }
    let filled = Mutex(levels)
    pool.forEach(levels.count) { number in
      var level = levels[number]
      var entries: [(cell: UInt64, item: Row)] = []
      entries.reserveCapacity(all.count * parameters.grids)
      for (feature, turned) in all.enumerated() {
        for grid in 0..<parameters.grids { entries.append((cell(turned, grid: grid, scale: level.scale), base.owners[feature])) }
      }
      entries.sort { ($0.cell, $0.item) < ($1.cell, $1.item) }
      for entry in entries {
        if level.cells.last != entry.cell {
          level.cells.append(entry.cell)
          level.starts.append(level.starts[level.starts.count - 1])
        } else if level.items.last == entry.item {
          continue
        }
        level.items.append(entry.item)
        level.starts[level.starts.count - 1] += 1
      }
      level.buckets = [UInt32](repeating: 0, count: 1 << 16 + 1)
      for cell in level.cells { level.buckets[Int(cell >> 48) + 1] += 1 }
      for bucket in 0..<1 << 16 { level.buckets[bucket + 1] += level.buckets[bucket] }
      filled.withLock { $0[number] = level }
    }
    levels = filled.withLock { $0 }
  }

  // MARK: - Searching

  /// The items that cover the query best by the grids, best first, equal ones by ascending row.
  ///
  /// - Parameters:
  ///   - query: the features of the query, one after the other.
  ///   - limit: most items returned.
  ///   - pool: the threads that search.
  public func search(_ query: [Float], limit: Int, pool: WorkerPool = .shared) throws(IndexError) -> [Neighbour] {
    try base.features.check(query)
    let dimension = base.features.dimension
    let queryCount = query.count / dimension
    let hits = Mutex([[(item: Row, worth: Double)]](repeating: [], count: queryCount))
    pool.forEach(queryCount) { number in
      let found = self.hits(of: Array(query[number * dimension..<(number + 1) * dimension]))
      hits.withLock { $0[number] = found }
    }
    var sums = [Double](repeating: 0, count: base.count)
    for found in hits.withLock({ $0 }) { for hit in found { sums[Int(hit.item)] += hit.worth } }
    return FeatureSetIndex.ranked(sums, queryCount: queryCount, limit: limit)
  }

  /// The items that share a cell with a feature, each at its first radius.
  private func hits(of feature: [Float]) -> [(item: Row, worth: Double)] {
    let turned = turned(feature)
    var seen = [Bool](repeating: false, count: base.count)
    var hits: [(item: Row, worth: Double)] = []
    for level in levels {
      for grid in 0..<parameters.grids {
        let cell = cell(turned, grid: grid, scale: level.scale)
        var place = Int(level.buckets[Int(cell >> 48)])
        let end = Int(level.buckets[Int(cell >> 48) + 1])
        while place < end, level.cells[place] < cell { place += 1 }
        guard place < end, level.cells[place] == cell else { continue }
        for entry in Int(level.starts[place])..<Int(level.starts[place + 1]) where !seen[Int(level.items[entry])] {
          seen[Int(level.items[entry])] = true
          hits.append((level.items[entry], level.worth))
        }
      }
      if hits.count == base.count { break }
    }
    return hits
  }
}
