internal import Synchronization

/// Finds for each of many rows the nearest of some centroids, by one matrix product for a block of rows.
///
/// A row `x` belongs to the centroid `c` with the least `|x - c|² + price`, which is the one with the greatest
/// `⟨x, c⟩ - (|c|² + price) / 2`.
struct NearestCentroids {
  private let matrix: PackedMatrix
  private let dimension: Int

  /// Rows that one task compares.
  static let rowsPerTask = 256

  init(centroids: [Float], dimension: Int, prices: [Float]) {
    self.dimension = dimension
    let bias = prices.indices.map { index in
      var squared: Float = 0
      for value in centroids[index * dimension..<(index + 1) * dimension] { squared += value * value }
      return -(squared + prices[index]) / 2
    }
    matrix = PackedMatrix(weight: centroids, bias: bias, precision: .float32)
  }

  /// The centroid of each row, and the greatest `⟨x, c⟩ - (|c|² + price) / 2`. Of equally near ones the lowest.
  func nearest(to values: [Float], pool: WorkerPool) -> (clusters: [UInt32], scores: [Float]) {
    let count = dimension == 0 ? 0 : values.count / dimension
    var clusters = [UInt32](repeating: 0, count: count)
    var scores = [Float](repeating: 0, count: count)
    unsafe values.withUnsafeBufferPointer { values in
      unsafe clusters.withUnsafeMutableBufferPointer { clusters in
        unsafe scores.withUnsafeMutableBufferPointer { scores in
          nonisolated(unsafe) let (values, clusters, scores) = unsafe (values, clusters, scores)
          pool.forEach((count + Self.rowsPerTask - 1) / Self.rowsPerTask) { task in
            let rows = task * Self.rowsPerTask..<min(count, (task + 1) * Self.rowsPerTask)
            unsafe compare(
              values.baseAddress! + rows.lowerBound * dimension, count: rows.count,
              clusters.baseAddress! + rows.lowerBound, scores.baseAddress! + rows.lowerBound)
          }
        }
      }
    }
    return (clusters, scores)
  }

  private func compare(
    _ values: UnsafePointer<Float>, count: Int, _ clusters: UnsafeMutablePointer<UInt32>,
    _ scores: UnsafeMutablePointer<Float>
  ) {
    let input = Activations(.float32, rows: count, columns: dimension)
    let output = Activations(.float32, rows: count, columns: matrix.outputs)
    for row in 0..<count {
      unsafe input.floats(at: row).update(from: values + row * dimension, count: dimension)
    }
    matrix.multiply(input, rows: 0..<count, into: output, firstRow: 0)
    for row in 0..<count {
      let best = unsafe Self.greatest(output.floats(at: row), count: matrix.outputs)
      unsafe clusters[row] = best.index
      unsafe scores[row] = best.value
    }
  }

  /// The greatest value and the lowest place where it stands.
  private static func greatest(_ values: UnsafePointer<Float>, count: Int) -> (index: UInt32, value: Float) {
    var best = (index: UInt32(0), value: -Float.infinity)
    var lanes = SIMD16<Float>(repeating: -.infinity)
    var places = SIMD16<UInt32>(repeating: 0)
    let whole = count / 16 * 16
    for start in stride(from: 0, to: whole, by: 16) {
      let next = unsafe UnsafeRawPointer(values + start).loadUnaligned(as: SIMD16<Float>.self)
      let isGreater = next .> lanes
      lanes.replace(with: next, where: isGreater)
      places.replace(with: SIMD16(repeating: UInt32(start)), where: isGreater)
    }
    if whole > 0 {
      for lane in 0..<16 {
        let place = places[lane] + UInt32(lane)
        if lanes[lane] > best.value || (lanes[lane] == best.value && place < best.index) {
          best = (place, lanes[lane])
        }
      }
    }
    for index in whole..<count where unsafe values[index] > best.value { best = unsafe (UInt32(index), values[index]) }
    return best
  }
}
