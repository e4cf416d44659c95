internal import Foundation
internal import NeedletailCore
public import NeedletailNumerics

/// Ranks items by the cells that their features share with a query's, on many grids of growing coarseness; no distance is ever
/// computed.
///
/// Aiger, Araujo and Lynen, ICCV 2023, section 4, and the code released with it, after D. Aiger, E. Kokiopoulou and E. Rivlin,
/// "Random Grids: Fast Approximate Nearest Neighbors and Range Searching for Image Search", ICCV 2013. A randomly turned and
/// shifted grid holds a pair of features in one cell with a probability that falls with their distance over the cell's side. Radii
/// are gone through from the smallest; an item counts for a feature at the first radius where they share a cell.
///
/// Deviations: cells are rounded to the nearest, not towards zero, which would merge the two around zero; all grids are kept, so that queries
/// may come one by one; a grid turns the same way at all radii, so that features are turned once for each grid; a cell is known by
/// 48 bits of hash and more; radii follow from distances by a factor that is measured, see ``radiusPerDistance(dimension:grids:seed:)``.
public struct RandomGrids: Sendable {
  public struct Parameters: Hashable, Sendable {
    /// Grids of each radius (19 in the code of the authors).
    public var grids: Int
    /// The distance up to which a match is certain; the kernel's radius is where it is worth nothing.
    public var near: Double
    /// The distance beyond which no grids are made; nil for the kernel's radius. With many items of many features all of them share a cell
    /// with a feature long before, and the coarser grids are never looked at.
    public var farthest: Double?
    /// Each radius over the one before.
    public var ratio: Double
    public var seed: UInt64

    public init(grids: Int = 19, near: Double, farthest: Double? = nil, ratio: Double = 1.13, seed: UInt64 = 1) {
      self.grids = grids
      self.near = near
      self.farthest = farthest
      self.ratio = ratio
      self.seed = seed
    }
  }

  /// The approximation factor that the sides of cells follow from (`c`): a side is `c r / √d`.
  private static let approximation = 1.165939651397022

  /// The grids of one radius.
  private struct Level: Sendable {
    /// One over the side of a cell.
    let scale: Float
    /// What a hit is worth.
    let worth: Double
  }

  private let base: FeatureSetIndex
  private let parameters: Parameters
  /// For each grid an orthonormal matrix, row after row.
  private let turns: [Float]
  /// For each grid a shift in cells.
  private let shifts: [Float]
  private let keys: CellKeys
  private let levels: [Level]
  /// What the cells hold: of the first grid all radii, then of the second, and so on.
  private var cells: [GridCells] = []

  /// Builds all grids. Complexity: O(grids · n · (d² + radii · d)).
  ///
  /// - Throws: `IndexError.invalidParameter`.
  public init(_ base: FeatureSetIndex, parameters: Parameters, pool: WorkerPool = .shared) throws(IndexError) {
    let farthest = parameters.farthest ?? base.kernel.radius
    guard (1...1000).contains(parameters.grids), parameters.near > 0, parameters.near < min(base.kernel.radius, farthest), farthest.isFinite,
      (1.001...10).contains(parameters.ratio)
    else {
      throw .invalidParameter(
        "grids take 1 to 1000 of them, a near distance below the kernel's radius and the farthest distance, and a ratio from 1.001 to 10")
    }
    self.base = base
    self.parameters = parameters
    let dimension = base.features.dimension
    var generator = SeededGenerator(seed: parameters.seed)
    turns = (0..<parameters.grids).flatMap { _ in Self.rotation(dimension, &generator) }
    shifts = (0..<parameters.grids * dimension).map { _ in Float.random(in: 0..<1, using: &generator) }
    keys = CellKeys(dimension: dimension, &generator)
    let factor = Self.radiusPerDistance(dimension: dimension, grids: parameters.grids, seed: parameters.seed)
    levels = base.kernel.radii(from: parameters.near, ratio: parameters.ratio).filter { $0 <= farthest }.map { distance in
      let side = Self.approximation * distance * factor / Double(dimension).squareRoot()
      return Level(scale: Float(1 / side), worth: base.kernel.worth(at: distance))
    }
    cells = (0..<parameters.grids).flatMap { filledCells(ofGrid: $0, pool) }
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

  /// What the cells of one grid hold, at each radius.
  private func filledCells(ofGrid grid: Int, _ pool: WorkerPool) -> [GridCells] {
    let (dimension, count) = (base.features.dimension, base.features.tokenCount)
    let turned = self.turned(by: Array(turns[grid * dimension * dimension..<(grid + 1) * dimension * dimension]), pool)
    return pool.map(levels.count, tasksOf: 1) { numbers in
      numbers.map { number in
        let hashes = (0..<count).map { keys.hash(turned, at: $0 * dimension, shifts, at: grid * dimension, scale: levels[number].scale) }
        return GridCells(hashes, owners: base.owners)
      }
    }
  }

  /// All features in the coordinates of one grid.
  private func turned(by rows: [Float], _ pool: WorkerPool) -> [Float] {
    let features = base.features
    let (dimension, count) = (features.dimension, features.tokenCount)
    var turned = [Float](repeating: 0, count: count * dimension)
    let featuresPerTask = 1024
    unsafe turned.withUnsafeMutableBufferPointer { turned in
      nonisolated(unsafe) let turned = unsafe turned
      pool.forEach((count + featuresPerTask - 1) / featuresPerTask) { task in
        for feature in task * featuresPerTask..<min(count, (task + 1) * featuresPerTask) {
          unsafe Self.turn(features.values, feature * dimension, by: rows, dimension, into: turned.baseAddress.unsafelyUnwrapped + feature * dimension)
        }
      }
    }
    return turned
  }

  /// The products of a feature with rows of a matrix.
  private static func turn(
    _ values: [Float], _ start: Int, by rows: [Float], _ dimension: Int, into results: UnsafeMutablePointer<Float>
  ) {
    unsafe values.withUnsafeBufferPointer { values in
      unsafe rows.withUnsafeBufferPointer { rows in
        unsafe DistanceKernels.current.dot(
          values.baseAddress.unsafelyUnwrapped + start,
          RowPointer(base: rows.baseAddress.unsafelyUnwrapped, stride: dimension, dimension: dimension), indices: nil,
          count: rows.count / dimension, into: results)
      }
    }
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
    let found = pool.map(queryCount, tasksOf: 8) { numbers in
      numbers.map { number in hits(of: Array(query[number * dimension..<(number + 1) * dimension])) }
    }
    var sums = [Double](repeating: 0, count: base.count)
    for hits in found { for hit in hits { sums[Int(hit.item)] += hit.worth } }
    return FeatureSetIndex.ranked(sums, queryCount: queryCount, limit: limit)
  }

  /// The items that share a cell with a feature, each at its first radius.
  private func hits(of feature: [Float]) -> [(item: Row, worth: Double)] {
    let dimension = base.features.dimension
    let turned = DistanceKernels.current.dot(feature.span, rows: turns.span)
    var seen = [Bool](repeating: false, count: base.count)
    var hits: [(item: Row, worth: Double)] = []
    var hashes = [UInt64](repeating: 0, count: parameters.grids)
    for (number, level) in levels.enumerated() {
      for grid in 0..<parameters.grids {
        hashes[grid] = keys.hash(turned, at: grid * dimension, shifts, at: grid * dimension, scale: level.scale)
      }
      for grid in 0..<parameters.grids {
        cells[grid * levels.count + number].forEachItem(in: hashes[grid]) { item in
          guard !seen[Int(item)] else { return }
          seen[Int(item)] = true
          hits.append((item, level.worth))
        }
      }
      if hits.count == base.count { break }
    }
    return hits
  }
}
