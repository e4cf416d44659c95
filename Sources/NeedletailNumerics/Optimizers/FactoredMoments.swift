internal import CNeedletailKernels
internal import Foundation

/// The second moments of gradients in the memory of a row and a column for each matrix, and the step they lead to (Shazeer and Stern,
/// "Adafactor: Adaptive Learning Rates with Sublinear Memory Cost", ICML 2018, algorithms 4 and 5).
///
/// Without the first moment; the rate of a step is given, and with `scalesByValue` multiplied by the size of the parameter's values
/// (section 8). Deviation: weight decay, as in the library transformers. A parameter of more than two extents is a matrix whose columns are
/// the last extent. Of a parameter that holds several matrices one below the other, each is one of its own, as in a library where each has a
/// parameter of its own.
final class FactoredMoments {
  private let parameters: Parameters
  private let pieces: [Piece]
  /// For each matrix a moment of each row, then of each column; for each vector one of each entry.
  private(set) var moments: [Float]

  private struct Piece {
    /// Where its values begin in the store.
    let offset: Int
    let decay: Float
    /// Where its moments begin.
    let first: Int
    let isMatrix: Bool
    let rows: Int
    let columns: Int

    var count: Int { isMatrix ? rows + columns : columns }
  }

  private static let smallestSquare: Float = 1e-30
  private static let smallestValue: Float = 1e-3

  /// - Precondition: the rows of a parameter, or its entries if it is a vector, divide into its pieces.
  init(of parameters: Parameters, decay: (Parameter) -> Float, pieces pieceCount: (Parameter) -> Int) {
    self.parameters = parameters
    var pieces: [Piece] = []
    var first = 0
    for parameter in parameters.all where parameter.isTrained {
      let isMatrix = parameter.shape.rank > 1
      let count = pieceCount(parameter)
      let size = parameter.shape.count / count
      precondition(size * count == parameter.shape.count, "\(count) pieces of a parameter of shape \(parameter.shape)")
      let columns = isMatrix ? parameter.shape.columns : size
      for number in 0..<count {
        let piece = Piece(
          offset: parameter.offset + number * size, decay: decay(parameter), first: first, isMatrix: isMatrix,
          rows: size / max(1, columns), columns: columns)
        pieces.append(piece)
        first += piece.count
      }
    }
    self.pieces = pieces
    moments = [Float](repeating: 0, count: first)
  }

  /// Takes up moments that were kept; as many as there are.
  func restore(_ moments: [Float]) { self.moments = moments }

  /// What a step is made with.
  struct Step {
    /// From 1.
    var number: Int
    var rate: Float
    var gradientScale: Float
    /// The exponent of the moments' decay.
    var decayRate: Float
    /// The root mean square that updates are cut to.
    var clipThreshold: Float
    var scalesByValue: Bool
  }

  /// Changes the values and clears the gradients. The result does not depend on the number of threads.
  func take(_ step: Step, pool: WorkerPool) {
    let kept = 1 - Float(pow(Double(step.number), Double(-step.decayRate)))
    let (values, gradients, pieces) = (parameters.valueMemory, parameters.gradientMemory, pieces)
    unsafe moments.withUnsafeMutableBufferPointer { moments in
      guard let base = moments.baseAddress else { return }
      nonisolated(unsafe) let start = unsafe base
      pool.forEach(pieces.count) { index in
        let piece = pieces[index]
        let change = unsafe Change(
          value: values.pointer(to: Float.self, at: piece.offset),
          gradient: gradients.pointer(to: Float.self, at: piece.offset), moment: start + piece.first, rows: piece.rows,
          columns: piece.columns, kept: kept, scale: step.gradientScale)
        unsafe piece.isMatrix ? change.updateMatrix() : change.updateVector()
        let size = unsafe change.rootMeanSquare(change.gradient)
        var rate = step.rate
        if step.scalesByValue { rate *= max(Self.smallestValue, unsafe change.rootMeanSquare(change.value)) }
        let factor = rate / max(1, size / step.clipThreshold)
        let remains = 1 - piece.decay * rate
        for entry in 0..<piece.rows * piece.columns {
          unsafe change.value[entry] = change.value[entry] * remains - factor * change.gradient[entry]
        }
        unsafe change.gradient.update(repeating: 0, count: piece.rows * piece.columns)
      }
    }
  }

  /// One parameter's part of a step. Its gradient becomes its update, in place.
  @unsafe private struct Change {
    let value: UnsafeMutablePointer<Float>
    let gradient: UnsafeMutablePointer<Float>
    let moment: UnsafeMutablePointer<Float>
    let rows: Int
    let columns: Int
    /// What remains of the moments.
    let kept: Float
    let scale: Float

    func updateVector() {
      let (columns, kept, scale) = unsafe (columns, kept, scale)
      for entry in 0..<columns {
        let slope = unsafe scale * gradient[entry]
        unsafe moment[entry] = kept * moment[entry] + (1 - kept) * (slope * slope + FactoredMoments.smallestSquare)
        unsafe gradient[entry] = slope / moment[entry].squareRoot()
      }
    }

    func updateMatrix() {
      let (rows, columns, kept, scale) = unsafe (rows, columns, kept, scale)
      let columnMoments = unsafe moment + rows
      var sums = [Float](repeating: 0, count: columns)
      for row in 0..<rows {
        let slopes = unsafe gradient + row * columns
        var sum: Float = 0
        for column in 0..<columns {
          let slope = unsafe scale * slopes[column]
          unsafe slopes[column] = slope
          let square = slope * slope + FactoredMoments.smallestSquare
          sums[column] += square
          sum += square
        }
        unsafe moment[row] = kept * moment[row] + (1 - kept) * sum / Float(columns)
      }
      var mean = 0.0
      for row in 0..<rows { mean += unsafe Double(moment[row]) }
      mean /= Double(rows)
      for column in 0..<columns {
        unsafe columnMoments[column] = kept * columnMoments[column] + (1 - kept) * sums[column] / Float(rows)
        sums[column] = unsafe 1 / columnMoments[column].squareRoot()
      }
      for row in 0..<rows {
        let factor = unsafe 1 / (moment[row] / Float(mean)).squareRoot()
        let slopes = unsafe gradient + row * columns
        for column in 0..<columns { unsafe slopes[column] *= factor * sums[column] }
      }
    }

    func rootMeanSquare(_ numbers: UnsafeMutablePointer<Float>) -> Float {
      let (rows, columns) = unsafe (rows, columns)
      var sum = 0.0
      for row in 0..<rows { sum += unsafe Double(Tape.kernels.dot(numbers + row * columns, numbers + row * columns, columns)) }
      return Float((sum / Double(rows * columns)).squareRoot())
    }
  }
}
