internal import CNeedletailKernels

/// The weight and bias of a linear layer, arranged once so that products read it in order.
///
/// Panels of 32 outputs, see `needletail_gemm.h`. Costs the size of the weight in its precision.
public struct PackedMatrix: Sendable {
  public let precision: MatrixPrecision
  public let inputs: Int
  public let outputs: Int

  private let panels: AlignedMemory
  private let bias: AlignedMemory
  private let scales: AlignedMemory
  private let totals: AlignedMemory

  /// Outputs in one panel; ranges of columns start at multiples of it.
  public static let panelWidth = Int(NEEDLETAIL_PANEL)

  /// Packs a weight.
  ///
  /// - Parameters:
  ///   - weight: `outputs` rows of `inputs` weights, as model files store them.
  ///   - bias: one value for each output.
  ///   - precision: what the products are computed in.
  /// - Precondition: `inputs` is at most 66,000, so that sums of int8 products fit in 32 bits.
  public init(weight: [Float], bias: [Float], precision: MatrixPrecision) {
    let inputs = bias.isEmpty ? 0 : weight.count / bias.count
    precondition(weight.count == inputs * bias.count, "\(weight.count) weights for \(bias.count) outputs")
    precondition(inputs <= 66_000, "\(inputs) inputs are more than sums of int8 products can hold")
    self.precision = precision
    self.inputs = inputs
    outputs = bias.count
    self.bias = AlignedMemory(bias.span)
    panels = AlignedMemory(byteCount: needletail_packed_bytes(precision.element, outputs, inputs))
    scales = AlignedMemory(byteCount: outputs * 4)
    totals = AlignedMemory(byteCount: outputs * 4)
    unsafe needletail_pack(
      precision.element, weight, outputs, inputs, panels.bytes(at: 0), scales.pointer(to: Float.self), totals.pointer(to: Int32.self))
  }

  /// Bytes of memory held.
  public var byteCount: Int { panels.byteCount + bias.byteCount + scales.byteCount + totals.byteCount }

  /// Multiplies rows by the weight: `output = activation(input · weightᵀ + bias) + residual`.
  ///
  /// - Parameters:
  ///   - input: rows of `inputs` components in the precision of this matrix.
  ///   - rows: which rows of `input`; their results go to as many rows of `output` from `firstRow`.
  ///   - columns: which outputs, from a multiple of `panelWidth`; all if nil.
  ///   - activation: applied to each sum.
  ///   - residual: floats to add, at the rows of `output`; may be `output` itself.
  ///   - output: takes the results, `outputs` to a row.
  ///   - firstRow: the row of `output` that the first of `rows` goes to.
  public func multiply(
    _ input: Activations, rows: Range<Int>, columns: Range<Int>? = nil, activation: Activation = .identity,
    residual: Activations? = nil, into output: Activations, firstRow: Int
  ) {
    let columns = columns ?? 0..<outputs
    let outputRows = firstRow..<firstRow + rows.count
    precondition(input.precision == precision && output.precision != .int8, "\(precision) times \(input.precision)")
    precondition(input.columns == inputs && output.columns == outputs, "a product of \(input.columns) and \(inputs) x \(outputs)")
    precondition(columns.lowerBound.isMultiple(of: Self.panelWidth) && columns.upperBound <= outputs, "columns \(columns) of \(outputs)")
    precondition(residual.map { $0.columns == outputs } ?? true, "a residual of \(residual?.columns ?? 0) for \(outputs)")
    input.check(rows)
    output.check(outputRows)
    residual?.check(outputRows)

    let first = columns.lowerBound
    var product = unsafe needletail_gemm()
    unsafe product.rows = rows.count
    unsafe product.columns = columns.count
    unsafe product.depth = inputs
    unsafe product.a = UnsafeRawPointer(input.bytes(at: rows.lowerBound))
    unsafe product.a_stride = input.stride
    unsafe product.packed = UnsafeRawPointer(panels.bytes(at: first * (panelWordsPerColumn * 4)))
    unsafe product.row_scale = UnsafePointer(input.scales(at: rows.lowerBound))
    unsafe product.row_offset = UnsafePointer(input.offsets(at: rows.lowerBound))
    unsafe product.column_scale = UnsafePointer(scales.pointer(to: Float.self, at: first))
    unsafe product.column_total = UnsafePointer(totals.pointer(to: Int32.self, at: first))
    unsafe product.bias = UnsafePointer(bias.pointer(to: Float.self, at: first))
    unsafe product.activation = activation.kernel
    if let residual {
      unsafe product.residual = UnsafePointer(residual.floats(at: firstRow, column: first))
      unsafe product.residual_stride = residual.stride
    }
    unsafe product.out = output.bytes(at: firstRow, column: first)
    unsafe product.out_stride = output.stride
    unsafe product.out_element = output.precision.element
    switch precision {
    case .float32: unsafe kernels.gemm_f32(&product)
    case .bfloat16: unsafe kernels.gemm_bf16(&product)
    case .int8: unsafe kernels.gemm_int8(&product)
    }
  }

  private var panelWordsPerColumn: Int {
    let perWord = 4 / precision.byteCount
    return (inputs + perWord - 1) / perWord
  }
}
