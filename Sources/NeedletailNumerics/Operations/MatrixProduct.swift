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
  /// out = left · right (+ bias on each row) (+ out), spread over all threads, then whatever `epilogue` says.
  ///
  /// The right operand is packed into panels, the left one turned if it has to be, then blocks of rows pass by the panels. Sums run
  /// over at most `deepest` entries at a time, so that a panel and the rows beside it stay in the second-level cache.
  @unsafe func multiply(
    _ left: MatrixOperand, _ right: MatrixOperand, rows: Int, columns: Int, depth: Int, bias: UnsafePointer<Float>? = nil,
    accumulates: Bool = false, into out: UnsafeMutablePointer<Float>, stride outStride: Int,
    epilogue: ProductEpilogue = unsafe ProductEpilogue()
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
        bias: piece == 0 ? bias : nil, accumulates: accumulates || piece > 0, into: out, stride: outStride,
        epilogue: epilogue.part(isFirst: piece == 0, isLast: piece == pieces - 1))
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
    bias: UnsafePointer<Float>? = nil, accumulates: Bool, into out: UnsafeMutablePointer<Float>, stride outStride: Int,
    epilogue: ProductEpilogue = unsafe ProductEpilogue()
  ) {
    var product = unsafe needletail_gemm()
    unsafe product.activation = epilogue.replacing ?? NEEDLETAIL_IDENTITY
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
      let offset = blockRows.lowerBound * outStride + column
      unsafe block.residual = accumulates ? UnsafePointer(target) : epilogue.residual.map { unsafe $0 + offset }
      unsafe block.out = UnsafeMutableRawPointer(target)
      unsafe needletail_kernels_current().pointee.gemm_f32(&block)
      if let (function, values) = unsafe epilogue.keeping {
        // The block is in the second-level cache still.
        for row in 0..<blockRows.count {
          let place = row * outStride
          unsafe Self.kernels.apply(function, target + place, block.columns, values + offset + place)
        }
      }
    }
  }

  static let deepest = 2560

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

/// What follows a product while its blocks are in the cache. All operands lie like the result.
@unsafe struct ProductEpilogue {
  /// Numbers to add, after the bias.
  var residual: UnsafePointer<Float>?
  /// A function whose values take the place of the products.
  var replacing: needletail_activation?
  /// A function of the products, and where its values go; the products are kept as well.
  var keeping: (function: needletail_function, values: UnsafeMutablePointer<Float>)?

  /// What of it concerns a part of a product whose sums run over several parts.
  func part(isFirst: Bool, isLast: Bool) -> ProductEpilogue {
    unsafe precondition(isFirst && isLast || replacing == nil, "a function of a sum needs all of it")
    var part = unsafe self
    if !isFirst { unsafe part.residual = nil }
    if !isLast { unsafe part.keeping = nil }
    return unsafe part
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
  ///
  /// - Parameters:
  ///   - weight: outputs by inputs.
  ///   - bias: one number for each output.
  ///   - residual: a tensor of the result's shape to add, as residual connections do.
  public func linear(_ weight: Tensor, bias: Tensor? = nil, adding residual: Tensor? = nil) throws(TensorError) -> Tensor {
    let (rows, inputs, outputs) = try linearExtents(weight, bias)
    let operands = [self, weight] + [bias, residual].compactMap(\.self)
    let result = tape.result(Shape(shape.extents.dropLast() + [outputs]), of: operands)
    if let residual, residual.shape != result.shape {
      throw .shapes(operation: "a linear layer with a residual connection", left: result.shape, right: residual.shape)
    }
    var epilogue = unsafe ProductEpilogue()
    unsafe epilogue.residual = residual.map { unsafe UnsafePointer($0.pointer) }
    unsafe multiplyLinearly(weight, bias, into: result, epilogue)
    tape.record(result) { [self] in
      guard let arriving = unsafe result.gradientPointer else { return }
      unsafe passLinearly(arriving, weight, bias, rows: rows, inputs: inputs, outputs: outputs)
      guard let residual, residual.isDifferentiable else { return }
      let (target, accumulates) = unsafe residual.receive()
      let kernels = unsafe Tape.kernels
      tape.spread(result.shape.count, by: Self.entriesPerTask) { part in
        unsafe kernels.scale(arriving + part.lowerBound, 1, part.count, accumulates, target + part.lowerBound)
      }
    }
    return result
  }

  /// A linear layer and a function of each entry of what it gives, taken while that is in the cache.
  ///
  /// Same as `linear(_:bias:)` and `mapped(_:)` one after the other, to the last bit while the tape records. While it does not, what
  /// the layer gives is not kept.
  public func linear(_ weight: Tensor, bias: Tensor?, mapped function: EntryFunction) throws(TensorError) -> Tensor {
    guard let kernel = function.kernel else { return try linear(weight, bias: bias).mapped(function) }
    let (rows, inputs, outputs) = try linearExtents(weight, bias)
    let operands = [self, weight] + (bias.map { [$0] } ?? [])
    let result = tape.result(Shape(shape.extents.dropLast() + [outputs]), of: operands)
    var epilogue = unsafe ProductEpilogue()
    if !result.isDifferentiable, let activation = function.activation, inputs <= Tape.deepest {
      unsafe epilogue.replacing = activation
      unsafe multiplyLinearly(weight, bias, into: result, epilogue)
      return result
    }
    let sums = tape.result(result.shape, of: operands)
    unsafe epilogue.keeping = unsafe (kernel, result.pointer)
    unsafe multiplyLinearly(weight, bias, into: sums, epilogue)
    tape.record(result) { [self] in
      guard let arriving = unsafe result.gradientPointer else { return }
      let (target, accumulates) = unsafe sums.receive()
      let kernels = unsafe Tape.kernels
      tape.spread(result.shape.count, by: Self.entriesPerTask / 2) { part in
        let first = part.lowerBound
        unsafe kernels.apply_gradient(
          kernel, sums.pointer + first, result.pointer + first, arriving + first, part.count, accumulates, target + first)
      }
      unsafe passLinearly(target, weight, bias, rows: rows, inputs: inputs, outputs: outputs)
      sums.forgetGradient()
    }
    return result
  }

  private func linearExtents(_ weight: Tensor, _ bias: Tensor?) throws(TensorError) -> (rows: Int, inputs: Int, outputs: Int) {
    guard weight.shape.rank == 2, shape.rank > 0, weight.shape[1] == shape.columns else {
      throw .shapes(operation: "a linear layer", left: shape, right: weight.shape)
    }
    if let bias, bias.shape.count != weight.shape[0] {
      throw .shapes(operation: "the bias of a linear layer", left: weight.shape, right: bias.shape)
    }
    return (shape.rows, shape.columns, weight.shape[0])
  }

  @unsafe private func multiplyLinearly(_ weight: Tensor, _ bias: Tensor?, into result: Tensor, _ epilogue: ProductEpilogue) {
    let (inputs, outputs) = (shape.columns, weight.shape[0])
    unsafe tape.multiply(
      MatrixOperand(pointer, stride: inputs), MatrixOperand(weight.pointer, stride: inputs, isTransposed: true),
      rows: shape.rows, columns: outputs, depth: inputs, bias: bias.map { unsafe UnsafePointer($0.pointer) }, into: result.pointer,
      stride: outputs, epilogue: epilogue)
  }

  /// Passes the gradient of a linear layer's result on to input, weight and bias.
  @unsafe private func passLinearly(
    _ arriving: UnsafeMutablePointer<Float>, _ weight: Tensor, _ bias: Tensor?, rows: Int, inputs: Int, outputs: Int
  ) {
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
