internal import CNeedletailKernels
internal import Foundation

/// How the heads of an attention layer lie in its projections.
public struct AttentionShape: Hashable, Sendable {
  /// Heads of queries.
  public var heads: Int
  /// Heads of keys and values, each shared by as many heads of queries (Ainslie et al., EMNLP 2023); `heads` if each has its own.
  public var keyHeads: Int
  public var headSize: Int
  /// Whether a token sees only itself and those before it.
  public var isCausal: Bool

  public init(heads: Int, keyHeads: Int? = nil, headSize: Int, isCausal: Bool = false) {
    self.heads = heads
    self.keyHeads = keyHeads ?? heads
    self.headSize = headSize
    self.isCausal = isCausal
  }

  /// Columns of a row that holds the queries of all heads, then their keys, then their values.
  public var projectionColumns: Int { (heads + 2 * keyHeads) * headSize }
}

extension Tensor {
  /// Scaled dot-product attention within packed sequences (Vaswani et al., 2017, equation 1). This tensor holds, for each token, queries,
  /// keys and values of all heads.
  ///
  /// Weights are computed again in the backward pass, so that memory stays linear in the number of tokens.
  ///
  /// - Parameters:
  ///   - attention: how many heads there are, and of which size.
  ///   - sequences: the rows of each sequence; together all rows.
  ///   - dropout: the part of the weights that is removed at random.
  public func attention(_ attention: AttentionShape, sequences: [Range<Int>], dropout: Float = 0) throws(TensorError) -> Tensor {
    let size = attention.headSize
    guard shape.rank == 2, shape[1] == attention.projectionColumns, attention.heads.isMultiple(of: attention.keyHeads) else {
      throw .shape(operation: "attention", shape, expected: "\(attention.projectionColumns) columns for \(attention)")
    }
    let heads = try PackedHeads(
      attention, sequences: sequences, rows: shape[0], dropout: tape.nextDropout(dropout), operation: "attention over sequences")
    let (queryColumns, stride) = (attention.heads * size, shape[1])
    let result = tape.result([shape[0], queryColumns], of: self)
    let reading = unsafe PackedHeads.Reading(queries: pointer, queryStride: stride, keys: pointer + queryColumns, keyStride: stride)
    unsafe heads.forEach(on: tape, reading) { head, row, query, _ in
      unsafe withUnsafePointer(to: head) { unsafe needletail_head_forward($0, result.pointer + row * queryColumns + query, queryColumns) }
    }
    tape.record(result) { [self] in
      guard let arriving = unsafe result.gradientPointer else { return }
      let sum = unsafe receiveSum()
      let reading = unsafe PackedHeads.Reading(queries: pointer, queryStride: stride, keys: pointer + queryColumns, keyStride: stride)
      unsafe heads.forEach(on: tape, reading) { head, row, query, key in
        let target = unsafe sum + row * stride
        unsafe withUnsafePointer(to: head) {
          unsafe needletail_head_backward(
            $0, arriving + row * queryColumns + query, queryColumns, target + query, target + queryColumns + key,
            target + queryColumns + key + attention.keyHeads * size)
        }
      }
    }
    return result
  }

  /// Turns pairs of components by angles that grow with the position (rotary embedding: Su et al., 2021, equation 34, in the layout
  /// that pairs component i of a head with i + size / 2).
  ///
  /// - Parameters:
  ///   - range: the columns to turn, whole heads.
  ///   - headSize: components of a head, an even number.
  ///   - positions: one for each row.
  ///   - base: 10,000 in the paper.
  public func rotated(columns range: Range<Int>, headSize: Int, positions: [Int32], base: Double = 10_000) throws(TensorError) -> Tensor {
    guard shape.rank == 2, positions.count == shape[0] else { throw .shapes(operation: "a rotation", left: shape, right: [positions.count]) }
    guard headSize > 0, headSize.isMultiple(of: 2), range.count.isMultiple(of: headSize), range.lowerBound >= 0,
      range.upperBound <= shape[1]
    else { throw .shape(operation: "a rotation of columns \(range)", shape, expected: "whole heads of \(headSize) within it") }
    let (columns, half) = (shape[1], headSize / 2)
    let result = tape.result(shape, of: self)

    func turn(_ source: UnsafeMutablePointer<Float>, _ target: UnsafeMutablePointer<Float>, backwards: Bool, accumulates: Bool) {
      tape.spread(shape[0], by: 32) { part in
        for row in part {
          for pair in 0..<half {
            let angle = Double(positions[row]) * pow(base, -2 * Double(pair) / Double(headSize))
            let (c, s) = (Float(cos(angle)), Float(sin(backwards ? -angle : angle)))
            for head in Swift.stride(from: range.lowerBound, to: range.upperBound, by: headSize) {
              let place = row * columns + head + pair
              let (x, y) = unsafe (source[place], source[place + half])
              let old: (Float, Float) = unsafe accumulates ? (target[place], target[place + half]) : (0, 0)
              unsafe target[place] = old.0 + x * c - y * s
              unsafe target[place + half] = old.1 + x * s + y * c
            }
          }
        }
      }
    }

    unsafe result.pointer.update(from: pointer, count: shape.count)
    unsafe turn(pointer, result.pointer, backwards: false, accumulates: false)
    tape.record(result) { [self] in
      guard let arriving = unsafe result.gradientPointer else { return }
      let sum = unsafe receiveSum()
      for row in 0..<shape[0] {
        for column in 0..<columns where !range.contains(column) { unsafe sum[row * columns + column] += arriving[row * columns + column] }
      }
      unsafe turn(arriving, sum, backwards: true, accumulates: true)
    }
    return result
  }
}
