import CNeedletailKernels
import Testing


/// One product of random extents with everything that may follow it.
private struct Product {
  let rows, columns, depth: Int
  let element: needletail_element
  let activation: needletail_activation
  let narrowsOutput: Bool
  var input: PaddedRows
  let weights: [Float]
  let bias: [Float]?
  let residual: PaddedRows?

  init(_ generator: inout SeededGenerator, element: needletail_element) {
    rows = .random(in: 1...40, using: &generator)
    columns = .random(in: 1...100, using: &generator)
    depth = .random(in: 1...130, using: &generator)
    self.element = element
    activation = needletail_activation(.random(in: 0...3, using: &generator))
    narrowsOutput = .random(using: &generator)
    var numbers = generator
    let wide = (depth + 3) / 4 * 4
    input = PaddedRows(rows: rows, columns: depth, stride: wide + 4) { _, _ in .random(in: -3...3, using: &numbers) }
    weights = (0..<columns * depth).map { _ in .random(in: -1...1, using: &numbers) }
    bias = Bool.random(using: &numbers) ? (0..<columns).map { _ in .random(in: -1...1, using: &numbers) } : nil
    residual =
      Bool.random(using: &numbers) ? PaddedRows(rows: rows, columns: columns) { _, _ in .random(in: -1...1, using: &numbers) } : nil
    generator = numbers
  }

  /// The product in exact arithmetic on the numbers as they were before any rounding.
  func exact() -> PaddedRows {
    PaddedRows(rows: rows, columns: columns) { row, column in
      var sum = 0.0
      for k in 0..<depth { sum += Double(input[row, k]) * Double(weights[column * depth + k]) }
      return Float(sum) + (bias?[column] ?? 0)
    }
  }

  /// The largest sum of magnitudes of a row, which errors are relative to.
  var magnitude: Float {
    var largest: Float = 0
    for row in 0..<rows {
      var sum: Float = 0
      for k in 0..<depth { sum += abs(input[row, k]) }
      largest = max(largest, sum)
    }
    return largest
  }

  func run(_ kernels: needletail_kernels) -> PaddedRows {
    let packed = KernelMemory<UInt8>(repeating: 0, count: needletail_packed_bytes(element, columns, depth))
    let columnScales = KernelMemory<Float>(repeating: 0, count: columns)
    let totals = KernelMemory<Int32>(repeating: 0, count: columns)
    unsafe needletail_pack(element, weights, columns, depth, packed.start, columnScales.start, totals.start)
    let rowScales = KernelMemory<Float>(repeating: 0, count: rows), rowOffsets = KernelMemory<Float>(repeating: 0, count: rows)
    let a = narrowed(rowScales, rowOffsets)
    let bias = bias.map { KernelMemory($0) }, residual = residual.map { KernelMemory($0.values) }
    var output = PaddedRows(rows: rows, columns: columns) { _, _ in PaddedRows.gap }
    let wide = KernelMemory(output.values), narrow = KernelMemory<UInt16>(repeating: 0, count: output.values.count)

    var product = unsafe needletail_gemm()
    unsafe (product.rows, product.columns, product.depth) = (rows, columns, depth)
    unsafe (product.a, product.a_stride, product.packed) = (UnsafeRawPointer(a.start), input.stride, UnsafeRawPointer(packed.start))
    if element == NEEDLETAIL_INT8 {
      unsafe (product.row_scale, product.row_offset) = (UnsafePointer(rowScales.start), UnsafePointer(rowOffsets.start))
      unsafe (product.column_scale, product.column_total) = (UnsafePointer(columnScales.start), UnsafePointer(totals.start))
    }
    if let bias { unsafe product.bias = UnsafePointer(bias.start) }
    unsafe product.activation = activation
    if let residual { unsafe (product.residual, product.residual_stride) = (UnsafePointer(residual.start), output.stride) }
    unsafe product.out = narrowsOutput ? UnsafeMutableRawPointer(narrow.start) : UnsafeMutableRawPointer(wide.start)
    unsafe product.out_stride = output.stride
    unsafe product.out_element = narrowsOutput ? NEEDLETAIL_BFLOAT16 : NEEDLETAIL_FLOAT32
    switch element {
    case NEEDLETAIL_FLOAT32: unsafe kernels.gemm_f32(&product)
    case NEEDLETAIL_BFLOAT16: unsafe kernels.gemm_bf16(&product)
    default: unsafe kernels.gemm_int8(&product)
    }

    output.values = wide.values
    guard narrowsOutput else { return output }
    let found = narrow.values
    for row in 0..<rows {
      for place in row * output.stride..<row * output.stride + columns {
        output.values[place] = Float(bitPattern: UInt32(found[place]) << 16)
      }
    }
    return output
  }

  /// The input in the precision of the product, by the serial kernels.
  private func narrowed(_ scales: KernelMemory<Float>, _ offsets: KernelMemory<Float>) -> KernelMemory<UInt32> {
    let memory = KernelMemory<UInt32>(repeating: 0, count: rows * input.stride)
    let start = unsafe UnsafeMutableRawPointer(memory.start)
    switch element {
    case NEEDLETAIL_FLOAT32:
      for row in 0..<rows { for k in 0..<depth { unsafe memory.start[row * input.stride + k] = input[row, k].bitPattern } }
    case NEEDLETAIL_BFLOAT16:
      unsafe input.withRows { unsafe KernelSets.serial.narrow($0, start.assumingMemoryBound(to: UInt16.self), input.stride) }
    default:
      unsafe input.withRows {
        unsafe KernelSets.serial.quantise($0, start.assumingMemoryBound(to: UInt8.self), input.stride, scales.start, offsets.start)
      }
    }
    return memory
  }
}

@Suite struct MatrixProductTests {
  @Test(arguments: [NEEDLETAIL_FLOAT32, NEEDLETAIL_BFLOAT16, NEEDLETAIL_INT8])
  func everyInstructionSetAgreesWithTheSerialKernels(element: needletail_element) {
    var generator = SeededGenerator(seed: UInt64(element.rawValue) + 1)
    for _ in 0..<120 {
      let product = Product(&generator, element: element)
      let expected = product.run(KernelSets.serial)
      // the polynomial of the narrow paths errs by 2e-4; a rounding to bfloat16 by 2^-8 of the value
      var tolerance: Float = element == NEEDLETAIL_FLOAT32 ? 2e-6 : 3e-4
      tolerance *= max(1, product.magnitude / 8)
      if product.narrowsOutput { tolerance += product.magnitude / 128 }
      for (name, kernels) in KernelSets.all.dropFirst() {
        let found = product.run(kernels)
        #expect(found.largestDifference(to: expected) <= tolerance, "\(name) \(product.rows) x \(product.columns) x \(product.depth)")
        #expect(found.gapsAreUntouched, "\(name) wrote past the columns")
      }
    }
  }

  @Test func serialProductsApproachExactOnes() {
    var generator = SeededGenerator(seed: 9)
    for element in [NEEDLETAIL_FLOAT32, NEEDLETAIL_BFLOAT16, NEEDLETAIL_INT8] {
      var checked = 0
      while checked < 20 {
        let product = Product(&generator, element: element)
        guard product.activation == NEEDLETAIL_IDENTITY, product.residual == nil, !product.narrowsOutput else { continue }
        let relative: Float = element == NEEDLETAIL_FLOAT32 ? 1e-6 : element == NEEDLETAIL_BFLOAT16 ? 1.0 / 128 : 1.0 / 60
        #expect(product.run(KernelSets.serial).largestDifference(to: product.exact()) <= relative * product.magnitude)
        checked += 1
      }
    }
  }

  @Test(arguments: [UInt8(0), 255], [Float(-1), 1])
  func sumsOfInt8ProductsDoNotSaturate(value: UInt8, weight: Float) {
    // the extreme activations and weights, at which 16-bit partial sums of unsigned by signed bytes would overflow
    let depth = 512, columns = 32
    let packed = KernelMemory<UInt8>(repeating: 0, count: needletail_packed_bytes(NEEDLETAIL_INT8, columns, depth))
    let scales = KernelMemory<Float>(repeating: 0, count: columns), totals = KernelMemory<Int32>(repeating: 0, count: columns)
    let weights = [Float](repeating: weight, count: columns * depth)
    unsafe needletail_pack(NEEDLETAIL_INT8, weights, columns, depth, packed.start, scales.start, totals.start)
    let a = KernelMemory(repeating: value, count: depth)
    let one = KernelMemory<Float>([1]), zero = KernelMemory<Float>([0])
    for (name, kernels) in KernelSets.all {
      let out = KernelMemory<Float>(repeating: 0, count: columns)
      var product = unsafe needletail_gemm()
      unsafe (product.rows, product.columns, product.depth) = (1, columns, depth)
      unsafe (product.a, product.a_stride, product.packed) = (UnsafeRawPointer(a.start), depth, UnsafeRawPointer(packed.start))
      unsafe (product.row_scale, product.row_offset) = (UnsafePointer(one.start), UnsafePointer(zero.start))
      unsafe (product.column_scale, product.column_total) = (UnsafePointer(scales.start), UnsafePointer(totals.start))
      unsafe (product.out, product.out_stride) = (UnsafeMutableRawPointer(out.start), columns)
      unsafe kernels.gemm_int8(&product)
      #expect(out.values.allSatisfy { abs($0 - weight * Float(value) * Float(depth)) < 1 }, "\(name)")
    }
  }
}
