package import NeedletailNumerics

/// Product quantisation that gradients pass through, for learning its vectors by what they find.
///
/// S. Xiao et al. (WWW 2022), section 3.2: with `p` the softmax over a part's learned vectors of their negative squared
/// distances, the choice is the nearest one going forward, and `p` going backward (the straight-through estimator:
/// `w = p + stop(onehot - p)`). Rows of unit length are seen at `√dimension` times that, as long as the paper's normalised
/// layers make them, so that the softmax neither saturates nor levels.
package struct SoftQuantizer: Sendable {
  let parts: Int
  let width: Int
  let clusters: Int
  /// What squared distances are multiplied by before the softmax.
  let sharpness: Float
  /// In the order of `ProductCodec`: for each part and component, the value of all learned vectors.
  package var codebooks: [Float]

  package init(parts: Int, width: Int, clusters: Int, sharpness: Float, codebooks: [Float]) {
    precondition(codebooks.count == parts * width * clusters)
    self.parts = parts
    self.width = width
    self.clusters = clusters
    self.sharpness = sharpness
    self.codebooks = codebooks
  }

  private var rowWidth: Int { parts * width }

  /// The nearest learned vector of each part, for rows of `parts * width` components.
  package func quantised(_ rows: [Float], pool: WorkerPool) -> (values: [Float], choices: [Int32]) {
    let count = rows.count / rowWidth
    var values = [Float](repeating: 0, count: rows.count)
    var choices = [Int32](repeating: 0, count: count * parts)
    unsafe withPointers(rows, codebooks, &values) { rows, books, values in
      unsafe choices.withUnsafeMutableBufferPointer { choices in
        nonisolated(unsafe) let (rows, books, values, choices) = unsafe (rows, books, values, choices)
        pool.forEach(parts) { part in
          unsafe ScratchMemory.use(of: Float.self, count: clusters) { distances in
            let book = unsafe books + part * width * clusters
            for row in 0..<count {
              let place = row * rowWidth + part * width
              let nearest = unsafe ProductCodec.nearest(
                rows + place, book, width: width, clusters: clusters, distances: distances.baseAddress!)
              unsafe choices[row * parts + part] = Int32(nearest)
              for index in 0..<width { unsafe values[place + index] = book[index * clusters + nearest] }
            }
          }
        }
      }
    }
    return (values, choices)
  }

  /// The gradients of the rows and the learned vectors for the gradient of what `quantised` gave.
  package func backward(
    _ gradient: [Float], rows: [Float], choices: [Int32], pool: WorkerPool
  ) -> (rows: [Float], codebooks: [Float]) {
    var rowGradient = [Float](repeating: 0, count: rows.count)
    var bookGradient = [Float](repeating: 0, count: codebooks.count)
    unsafe withPointers(rows, gradient, &rowGradient) { rows, arriving, rowGradient in
      unsafe withPointers(codebooks, [], &bookGradient) { books, _, bookGradient in
        nonisolated(unsafe) let (rows, arriving, rowGradient) = unsafe (rows, arriving, rowGradient)
        nonisolated(unsafe) let (books, bookGradient) = unsafe (books, bookGradient)
        pool.forEach(parts) { part in
          unsafe ScratchMemory.use(of: Float.self, count: 2 * clusters) { memory in
            let size = part * width * clusters
            for row in 0..<choices.count / parts {
              let place = row * rowWidth + part * width
              unsafe backward(
                arriving + place, rows + place, Int(choices[row * parts + part]), books + size, into: rowGradient + place,
                bookGradient + size, memory.baseAddress!)
            }
          }
        }
      }
    }
    return (rowGradient, bookGradient)
  }

  /// One part of one row.
  private func backward(
    _ arriving: UnsafePointer<Float>, _ row: UnsafePointer<Float>, _ choice: Int, _ book: UnsafePointer<Float>,
    into rowGradient: UnsafeMutablePointer<Float>, _ bookGradient: UnsafeMutablePointer<Float>,
    _ memory: UnsafeMutablePointer<Float>
  ) {
    let (weights, slopes) = unsafe (memory, memory + clusters)
    unsafe probabilities(row, book, choice, into: weights)
    for cluster in 0..<clusters { unsafe slopes[cluster] = 0 }
    for index in 0..<width {
      let value = unsafe arriving[index]
      let column = unsafe book + index * clusters
      for cluster in 0..<clusters { unsafe slopes[cluster] += value * column[cluster] }
      unsafe bookGradient[index * clusters + choice] += value
    }
    var mean: Float = 0
    for cluster in 0..<clusters { unsafe mean += weights[cluster] * slopes[cluster] }
    // From here on the slope of each logit, times that of the logit by the distance.
    for cluster in 0..<clusters { unsafe slopes[cluster] = 2 * sharpness * weights[cluster] * (slopes[cluster] - mean) }
    for index in 0..<width {
      let value = unsafe row[index]
      let column = unsafe book + index * clusters
      let target = unsafe bookGradient + index * clusters
      var sum: Float = 0
      for cluster in 0..<clusters {
        unsafe sum += slopes[cluster] * column[cluster]
        unsafe target[cluster] += slopes[cluster] * (value - column[cluster])
      }
      // Slopes sum to zero, so the row itself drops out.
      unsafe rowGradient[index] += sum
    }
  }

  private func probabilities(
    _ row: UnsafePointer<Float>, _ book: UnsafePointer<Float>, _ choice: Int, into weights: UnsafeMutablePointer<Float>
  ) {
    let nearest = unsafe ProductCodec.nearest(row, book, width: width, clusters: clusters, distances: weights)
    let least = unsafe weights[nearest]
    var sum: Float = 0
    for cluster in 0..<clusters {
      let exponent = unsafe sharpness * (least - weights[cluster])
      // Beyond, a weight does not show in single precision.
      unsafe weights[cluster] = exponent < -20 ? 0 : Float(Exponential.value(Double(exponent)))
      unsafe sum += weights[cluster]
    }
    for cluster in 0..<clusters { unsafe weights[cluster] /= sum }
  }

  private func withPointers(
    _ first: [Float], _ second: [Float], _ result: inout [Float],
    _ body: (UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Void
  ) {
    guard !result.isEmpty else { return }
    unsafe first.withUnsafeBufferPointer { first in
      unsafe second.withUnsafeBufferPointer { second in
        unsafe result.withUnsafeMutableBufferPointer { result in
          let other = unsafe second.baseAddress ?? first.baseAddress!
          unsafe body(first.baseAddress!, other, result.baseAddress!)
        }
      }
    }
  }
}
