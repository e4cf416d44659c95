internal import NeedletailCore
internal import NeedletailNumerics

/// One search through lists of codes. Reused from search to search.
final class ListScan {
  private let lists: CodedLists
  private let query: CodeQuery
  private let components: AlignedMemory
  private let centroidScores: AlignedMemory
  private let scores: AlignedMemory
  private let margins: AlignedMemory
  private var squaredQueryLength: Float = 0

  /// The best places by code, or by lower bound where the codec has bounds.
  private var best = TopK(capacity: 0)
  /// Places whose upper bound reached the best lower bounds seen until then.
  private var contenders: [(place: UInt32, upper: Float)] = []
  /// How many rows were compared.
  private(set) var comparedCount = 0

  private static let rowsPerRun = 256

  init(_ lists: CodedLists) {
    self.lists = lists
    query = CodeQuery(for: lists.codec)
    components = AlignedMemory.zeroed(count: lists.codec.dimension * MemoryLayout<Float>.size)
    centroidScores = AlignedMemory.zeroed(count: lists.listCount * MemoryLayout<Float>.size)
    scores = AlignedMemory.zeroed(count: (Self.rowsPerRun + 32) * MemoryLayout<Float>.size)
    margins = AlignedMemory.zeroed(count: (Self.rowsPerRun + 32) * MemoryLayout<Float>.size)
  }

  @unsafe var queryStart: UnsafeMutablePointer<Float> { unsafe components.start.assumingMemoryBound(to: Float.self) }
  @unsafe private var centroidStart: UnsafeMutablePointer<Float> {
    unsafe centroidScores.start.assumingMemoryBound(to: Float.self)
  }

  /// Takes over a query: of length 1 for cosine.
  func prepare(_ components: Span<Float>) throws(IndexError) {
    let dimension = lists.codec.dimension
    guard components.count == dimension else {
      throw .dimensionMismatch(expected: dimension, found: components.count)
    }
    let target = unsafe queryStart
    for index in 0..<dimension { unsafe target[index] = components[index] }
    let squared = unsafe VectorLength.squared(of: target, count: dimension)
    guard let factor = unsafe VectorLength.factor(
      for: lists.similarity, components: target, count: dimension, squaredLength: squared)
    else { throw .unusableVector(row: nil, reason: VectorLength.problem) }
    if factor != 1 { for index in 0..<dimension { unsafe target[index] *= factor } }
    squaredQueryLength = unsafe VectorLength.squared(of: target, count: dimension)
    unsafe lists.codec.prepare(target, query)
    let rows = unsafe RowPointer(base: lists.centroids.start, stride: dimension, dimension: dimension)
    if lists.similarity == .euclidean {
      unsafe DistanceKernels.current.squaredEuclidean(target, rows, indices: nil, count: lists.listCount, into: centroidStart)
    } else {
      unsafe DistanceKernels.current.dot(target, rows, indices: nil, count: lists.listCount, into: centroidStart)
    }
  }

  /// Looks into the nearest lists, and into further ones until `limit` rows are found, and returns the places of the
  /// candidates, best first.
  func candidates(probeCount: Int, limit: Int, count: Int, allowed: RowSet?) -> [UInt32] {
    let usesMargins = lists.codec.hasMargins
    best = TopK(capacity: usesMargins ? limit : count)
    contenders.removeAll(keepingCapacity: true)
    comparedCount = 0
    let nearest = order(probeCount)
    var found = 0
    for list in nearest { found += scan(list, allowed, usesMargins) }
    if found < limit, nearest.count < lists.listCount {
      for list in order(lists.listCount).dropFirst(nearest.count) where found < limit {
        found += scan(list, allowed, usesMargins)
      }
    }
    guard usesMargins else { return best.ranked.map(\.row) }
    let threshold = best.threshold
    return contenders.lazy.filter { $0.upper >= threshold }.map(\.place)
  }

  /// The nearest lists, best first; more of them begin with fewer of them.
  private func order(_ count: Int) -> [Int] {
    let sign: Float = lists.similarity == .euclidean ? -1 : 1
    var nearest = TopK(capacity: min(count, lists.listCount))
    for list in 0..<lists.listCount { unsafe nearest.insert(row: UInt32(list), score: sign * centroidStart[list]) }
    return nearest.ranked.map { Int($0.row) }
  }

  /// Compares the allowed rows of a list; returns how many those are.
  private func scan(_ list: Int, _ allowed: RowSet?, _ usesMargins: Bool) -> Int {
    let places = lists.places(of: list)
    let centroidScore = unsafe centroidStart[list]
    let distance = distance(to: list, centroidScore, usesMargins)
    let (offset, factor) = lists.base(centroidScore: centroidScore, queryDistance: distance)
    var found = 0
    for first in stride(from: places.lowerBound, to: places.upperBound, by: Self.rowsPerRun) {
      let run = first..<min(places.upperBound, first + Self.rowsPerRun)
      score(run, list: list, offset: offset, factor: factor)
      if usesMargins {
        unsafe lists.codec.margins(
          lists.block(containing: first, of: list), count: run.count,
          into: margins.start.assumingMemoryBound(to: Float.self))
        found += offerWithMargins(run, allowed, scale: factor * distance)
      } else {
        found += offer(run, allowed)
      }
    }
    comparedCount += places.count
    return found
  }

  /// The distance between query and centroid; of inner products only where margins need it.
  private func distance(to list: Int, _ centroidScore: Float, _ isNeeded: Bool) -> Float {
    if lists.similarity == .euclidean { return max(0, centroidScore).squareRoot() }
    guard isNeeded else { return 0 }
    let squared = unsafe VectorLength.squared(of: lists.centroid(list), count: lists.codec.dimension)
    return max(0, squaredQueryLength - 2 * centroidScore + squared).squareRoot()
  }

  private func score(_ run: Range<Int>, list: Int, offset: Float, factor: Float) {
    let target = unsafe scores.start.assumingMemoryBound(to: Float.self)
    unsafe lists.codec.score(query, lists.block(containing: run.lowerBound, of: list), count: run.count, into: target)
    if lists.terms.count > 0 {
      let terms = unsafe lists.terms.start + run.lowerBound
      for index in 0..<run.count { unsafe target[index] = offset + factor * target[index] + terms[index] }
    } else {
      for index in 0..<run.count { unsafe target[index] = offset + factor * target[index] }
    }
    // Groups of sixteen are looked at together.
    for index in run.count..<(run.count + 15) / 16 * 16 { unsafe target[index] = -.infinity }
  }

  private func offer(_ run: Range<Int>, _ allowed: RowSet?) -> Int {
    let target = unsafe scores.start.assumingMemoryBound(to: Float.self)
    if let allowed {
      var found = 0
      for index in 0..<run.count where allowed.contains(lists.rows[run.lowerBound + index]) {
        found += 1
        unsafe best.insert(row: UInt32(run.lowerBound + index), score: target[index])
      }
      return found
    }
    var threshold = best.threshold
    for group in stride(from: 0, to: run.count, by: 16) {
      let lanes = unsafe UnsafeRawPointer(target + group).loadUnaligned(as: SIMD16<Float>.self)
      guard any(lanes .>= threshold) || threshold == -.infinity else { continue }
      for index in group..<min(run.count, group + 16) where unsafe target[index] >= threshold || threshold == -.infinity {
        unsafe best.insert(row: UInt32(run.lowerBound + index), score: target[index])
        threshold = best.threshold
      }
    }
    return run.count
  }

  private func offerWithMargins(_ run: Range<Int>, _ allowed: RowSet?, scale: Float) -> Int {
    let target = unsafe scores.start.assumingMemoryBound(to: Float.self)
    let margins = unsafe margins.start.assumingMemoryBound(to: Float.self)
    var threshold = best.threshold
    var found = 0
    for index in 0..<run.count {
      let place = run.lowerBound + index
      if let allowed, !allowed.contains(lists.rows[place]) { continue }
      found += 1
      // A little for the arithmetic of floats.
      let margin = unsafe scale * margins[index] + 4e-6 * abs(target[index])
      let score = unsafe target[index]
      // A score that is not a number stays in the race: its row may be all that is left.
      if score + margin < threshold { continue }
      contenders.append((UInt32(place), score.isNaN ? .infinity : score + margin))
      best.insert(row: UInt32(place), score: score - margin)
      threshold = best.threshold
    }
    return found
  }
}
