internal import CNeedletailKernels

/// A matrix in memory, as it stands or transposed.
@unsafe struct MatrixOperand {
  var start: UnsafePointer<Float>
  /// Floats between the starts of rows as they lie in memory.
  var stride: Int
  var isTransposed = false

  init(_ start: UnsafeMutablePointer<Float>, stride: Int, isTransposed: Bool = false) {
    unsafe self.start = UnsafePointer(start)
    unsafe self.stride = stride
    unsafe self.isTransposed = isTransposed
  }
}

extension Tape {
  /// out = left · right (+ bias on each row) (+ out), spread over all threads.
  ///
  /// The right operand is packed into panels, the left one turned if it has to be, then blocks of rows pass by the panels. Sums run
  /// over at most `deepest` entries at a time, so that a panel and the rows beside it stay in the second-level cache.
  @unsafe func multiply(
    _ left: MatrixOperand, _ right: MatrixOperand, rows: Int, columns: Int, depth: Int, bias: UnsafePointer<Float>? = nil,
    accumulates: Bool = false, into out: UnsafeMutablePointer<Float>, stride outStride: Int
  ) {
    guard rows > 0, columns > 0 else { return }
    let pieces = max(1, (depth + Self.deepest - 1) / Self.deepest)
    let panels = Self.panels(columns)
    let longest = (depth + pieces - 1) / pieces
    let packed = memory.take(panels * Int(NEEDLETAIL_PANEL) * longest)
    // an odd number of cache lines between rows keeps the rows of a tile from falling into one set of the cache
    let turnedStride = ((longest + 15) / 16 | 1) * 16
    let turned = unsafe left.isTransposed ? memory.take(rows * turnedStride) : nil
    for piece in 0..<pieces {
      let range = depth * piece / pieces..<depth * (piece + 1) / pieces
      unsafe pack(right, range, columns: columns, panels: panels, into: packed)
      var a = unsafe left.start + range.lowerBound
      if let turned {
        unsafe turn(left, range, rows: rows, into: turned, stride: turnedStride)
        unsafe a = UnsafePointer(turned.pointer(to: Float.self))
      }
      unsafe multiply(
        a, stride: turned == nil ? left.stride : turnedStride, packed, rows: rows, columns: columns, depth: range.count,
        bias: piece == 0 ? bias : nil, accumulates: accumulates || piece > 0, into: out, stride: outStride)
    }
    memory.giveBack(packed)
    if let turned { memory.giveBack(turned) }
  }

  /// Packs a right operand that several products share; the caller gives the memory back.
  @unsafe func packed(_ right: MatrixOperand, columns: Int, depth: Int) -> AlignedMemory {
    let panels = Self.panels(columns)
    let packed = memory.take(panels * Int(NEEDLETAIL_PANEL) * depth)
    unsafe pack(right, 0..<depth, columns: columns, panels: panels, into: packed)
    return packed
  }

  /// out = left · packed (+ bias on each row) (+ out), spread over all threads.
  @unsafe func multiply(
    _ left: UnsafePointer<Float>, stride: Int, _ packed: AlignedMemory, rows: Int, columns: Int, depth: Int,
    bias: UnsafePointer<Float>? = nil, accumulates: Bool, into out: UnsafeMutablePointer<Float>, stride outStride: Int
  ) {
    var product = unsafe needletail_gemm()
    unsafe product.depth = depth
    unsafe product.a_stride = stride
    unsafe product.out_stride = outStride
    unsafe product.residual_stride = outStride
    forEachBlock(rows: rows, panels: Self.panels(columns), depth: depth) { blockRows, blockPanels in
      let column = blockPanels.lowerBound * Int(NEEDLETAIL_PANEL)
      var block = unsafe product
      unsafe block.rows = blockRows.count
      unsafe block.columns = min(columns, blockPanels.upperBound * Int(NEEDLETAIL_PANEL)) - column
      unsafe block.a = UnsafeRawPointer(left + blockRows.lowerBound * block.a_stride)
      unsafe block.packed = UnsafeRawPointer(packed.pointer(to: Float.self, at: column * depth))
      unsafe block.bias = bias.map { unsafe $0 + column }
      let target = unsafe out + blockRows.lowerBound * outStride + column
      unsafe block.residual = accumulates ? UnsafePointer(target) : nil
      unsafe block.out = UnsafeMutableRawPointer(target)
      unsafe needletail_kernels_current().pointee.gemm_f32(&block)
    }
  }

  private static let deepest = 2560

  private static func panels(_ columns: Int) -> Int { (columns + Int(NEEDLETAIL_PANEL) - 1) / Int(NEEDLETAIL_PANEL) }

  private func pack(_ right: MatrixOperand, _ range: Range<Int>, columns: Int, panels: Int, into packed: AlignedMemory) {
    let start = unsafe right.start + (right.isTransposed ? range.lowerBound : range.lowerBound * right.stride)
    let (stride, isTransposed) = unsafe (right.stride, right.isTransposed)
    spread(panels, by: 4) { part in
      unsafe needletail_pack_panels(
        needletail_kernels_current(), start, stride, isTransposed, columns, range.count, part.lowerBound, part.upperBound,
        packed.pointer(to: Float.self))
    }
  }

  private func turn(_ left: MatrixOperand, _ range: Range<Int>, rows: Int, into turned: AlignedMemory, stride: Int) {
    let start = unsafe left.start + range.lowerBound * left.stride
    let leftStride = unsafe left.stride
    spread(rows, by: 64) { part in
      unsafe needletail_kernels_current().pointee.transpose(
        UnsafeRawPointer(start + part.lowerBound).assumingMemoryBound(to: UInt32.self), leftStride, range.count, part.count,
        turned.pointer(to: UInt32.self, at: part.lowerBound * stride), stride)
    }
  }

  /// Divides a product: by rows, of which a block stays in the second-level cache, and by columns where rows are few.
  private func forEachBlock(rows: Int, panels: Int, depth: Int, _ body: (Range<Int>, Range<Int>) -> Void) {
    let height = max(12, min(120, 98_304 / max(depth, 1) / 12 * 12))
    let rowBlocks = (rows + height - 1) / height
    let columnBlocks = max(1, min(panels, (4 * pool.threadCount + rowBlocks - 1) / rowBlocks))
    forEach(rowBlocks * columnBlocks) { block in
      let (row, column) = block.quotientAndRemainder(dividingBy: columnBlocks)
      body(
        rows * row / rowBlocks..<rows * (row + 1) / rowBlocks,
        panels * column / columnBlocks..<panels * (column + 1) / columnBlocks)
    }
  }
}

extension Tensor {
  /// The product of two matrices, or of as many matrices of two batches ([b, n, k] and [b, k, m]).
  ///
  /// - Parameters:
  ///   - other: the right operand.
  ///   - transposesSelf: whether this tensor holds the left operand transposed.
  ///   - transposesOther: whether `other` holds the right operand transposed, as weights and lists of vectors do.
  public func matrixProduct(
    _ other: Tensor, transposesSelf: Bool = false, transposesOther: Bool = false
  ) throws(TensorError) -> Tensor {
    let rank = shape.rank
    guard rank == other.shape.rank, rank == 2 || (rank == 3 && shape[0] == other.shape[0]) else {
      throw .shapes(operation: "a matrix product", left: shape, right: other.shape)
    }
    let (height, width) = (shape[rank - 2], shape[rank - 1])
    let (otherHeight, otherWidth) = (other.shape[rank - 2], other.shape[rank - 1])
    let (rows, depth) = transposesSelf ? (width, height) : (height, width)
    let (otherDepth, columns) = transposesOther ? (otherWidth, otherHeight) : (otherHeight, otherWidth)
    guard depth == otherDepth else { throw .shapes(operation: "a matrix product", left: shape, right: other.shape) }
    let batch = rank == 3 ? shape[0] : 1
    let result = tape.result(Shape((rank == 3 ? [batch] : []) + [rows, columns]), of: self, other)
    for item in 0..<batch {
      unsafe tape.multiply(
        MatrixOperand(pointer + item * rows * depth, stride: width, isTransposed: transposesSelf),
        MatrixOperand(other.pointer + item * depth * columns, stride: otherWidth, isTransposed: transposesOther),
        rows: rows, columns: columns, depth: depth, into: result.pointer + item * rows * columns, stride: columns)
    }
    tape.record(result) { [self] in
      guard let arriving = unsafe result.gradientPointer else { return }
      if isDifferentiable {
        let (target, accumulates) = unsafe receive()
        for item in 0..<batch {
          let d = unsafe MatrixOperand(arriving + item * rows * columns, stride: columns, isTransposed: transposesSelf)
          let b = unsafe MatrixOperand(other.pointer + item * depth * columns, stride: otherWidth)
          // left' = out' · rightᵀ; turned when the left operand is kept turned
          unsafe tape.multiply(
            transposesSelf ? b.flipped(transposesOther) : d, transposesSelf ? d : b.flipped(!transposesOther),
            rows: height, columns: width, depth: columns, accumulates: accumulates, into: target + item * rows * depth, stride: width)
        }
      }
      if other.isDifferentiable {
        let (target, accumulates) = unsafe other.receive()
        for item in 0..<batch {
          let d = unsafe MatrixOperand(arriving + item * rows * columns, stride: columns)
          let a = unsafe MatrixOperand(pointer + item * rows * depth, stride: width)
          // right' = leftᵀ · out'; turned when the right operand is kept turned
          unsafe tape.multiply(
            transposesOther ? d.flipped(true) : a.flipped(!transposesSelf), transposesOther ? a.flipped(transposesSelf) : d,
            rows: otherHeight, columns: otherWidth, depth: rows, accumulates: accumulates, into: target + item * depth * columns,
            stride: otherWidth)
        }
      }
    }
    return result
  }

  /// A linear layer: `self · weightᵀ + bias` on each row of the last extent, with a weight of outputs by inputs.
  public func linear(_ weight: Tensor, bias: Tensor? = nil) throws(TensorError) -> Tensor {
    guard weight.shape.rank == 2, shape.rank > 0, weight.shape[1] == shape.columns else {
      throw .shapes(operation: "a linear layer", left: shape, right: weight.shape)
    }
    let (rows, inputs, outputs) = (shape.rows, shape.columns, weight.shape[0])
    if let bias, bias.shape.count != outputs { throw .shapes(operation: "the bias of a linear layer", left: weight.shape, right: bias.shape) }
    let result = tape.result(Shape(shape.extents.dropLast() + [outputs]), of: [self, weight] + (bias.map { [$0] } ?? []))
    unsafe tape.multiply(
      MatrixOperand(pointer, stride: inputs), MatrixOperand(weight.pointer, stride: inputs, isTransposed: true),
      rows: rows, columns: outputs, depth: inputs, bias: bias.map { unsafe UnsafePointer($0.pointer) }, into: result.pointer,
      stride: outputs)
    tape.record(result) { [self] in
      guard let arriving = unsafe result.gradientPointer else { return }
      if isDifferentiable {
        let (target, accumulates) = unsafe receive()
        unsafe tape.multiply(
          MatrixOperand(arriving, stride: outputs), MatrixOperand(weight.pointer, stride: inputs), rows: rows, columns: inputs,
          depth: outputs, accumulates: accumulates, into: target, stride: inputs)
      }
      if weight.isDifferentiable {
        let (target, accumulates) = unsafe weight.receive()
        unsafe tape.multiply(
          MatrixOperand(arriving, stride: outputs, isTransposed: true), MatrixOperand(pointer, stride: inputs), rows: outputs,
          columns: inputs, depth: rows, accumulates: accumulates, into: target, stride: inputs)
      }
      if let bias, bias.isDifferentiable { unsafe tape.addRows(arriving, rows: rows, columns: outputs, to: bias.receiveSum()) }
    }
    return result
  }
}

extension MatrixOperand {
  /// The same memory read the other way, or not.
  func flipped(_ isTransposed: Bool) -> MatrixOperand {
    var operand = unsafe self
    unsafe operand.isTransposed = isTransposed
    return unsafe operand
  }
}

extension Tape {
  /// Adds the sum over rows, in an order that does not depend on the number of threads.
  @unsafe func addRows(_ values: UnsafePointer<Float>, rows: Int, columns: Int, to sum: UnsafeMutablePointer<Float>) {
    spread(columns, by: 64) { part in
      unsafe Self.kernels.add_rows(
        needletail_rows(values: values + part.lowerBound, stride: columns, rows: rows, columns: part.count), sum + part.lowerBound)
    }
  }
}
