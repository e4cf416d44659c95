internal import CNeedletailKernels

/// Rows in memory for the kernels: `stride` elements apart, of which the first `dimension` count.
@unsafe package struct RowPointer<Element> {
  package var base: UnsafePointer<Element>
  package var stride: Int
  package var dimension: Int

  package init(base: UnsafePointer<Element>, stride: Int, dimension: Int) {
    unsafe self.base = unsafe base
    unsafe self.stride = stride
    unsafe self.dimension = dimension
  }

  /// Where one row starts.
  package subscript(row: Int) -> UnsafePointer<Element> { unsafe base + row * stride }
}

// The form the indexes use: no copies, rows picked by number. With `indices`, result i belongs to row `indices[i]`;
// without, to row i. The caller answers for every index and for room for `count` results.
extension DistanceKernels {
  @unsafe package func dot(
    _ query: UnsafePointer<Float>, _ rows: RowPointer<Float>, indices: UnsafePointer<UInt32>?, count: Int,
    into results: UnsafeMutablePointer<Float>
  ) {
    unsafe table.pointee.dot_f32(query, rows.base, rows.stride, indices, count, rows.dimension, results)
  }

  @unsafe package func squaredEuclidean(
    _ query: UnsafePointer<Float>, _ rows: RowPointer<Float>, indices: UnsafePointer<UInt32>?, count: Int,
    into results: UnsafeMutablePointer<Float>
  ) {
    unsafe table.pointee.squared_l2_f32(query, rows.base, rows.stride, indices, count, rows.dimension, results)
  }

  @unsafe package func dot(
    _ query: UnsafePointer<Float>, _ rows: RowPointer<UInt16>, indices: UnsafePointer<UInt32>?, count: Int,
    into results: UnsafeMutablePointer<Float>
  ) {
    unsafe table.pointee.dot_f16(query, rows.base, rows.stride, indices, count, rows.dimension, results)
  }

  @unsafe package func squaredEuclidean(
    _ query: UnsafePointer<Float>, _ rows: RowPointer<UInt16>, indices: UnsafePointer<UInt32>?, count: Int,
    into results: UnsafeMutablePointer<Float>
  ) {
    unsafe table.pointee.squared_l2_f16(query, rows.base, rows.stride, indices, count, rows.dimension, results)
  }

  @unsafe package func dot(
    _ query: UnsafePointer<Int8>, _ rows: RowPointer<Int8>, indices: UnsafePointer<UInt32>?, count: Int,
    into results: UnsafeMutablePointer<Int32>
  ) {
    unsafe table.pointee.dot_i8(query, rows.base, rows.stride, indices, count, rows.dimension, results)
  }

  @unsafe package func convert(
    _ values: UnsafePointer<Float>, count: Int, toHalves results: UnsafeMutablePointer<UInt16>
  ) {
    unsafe table.pointee.f16_from_f32(values, count, results)
  }

  @unsafe package func convert(
    halves: UnsafePointer<UInt16>, count: Int, to results: UnsafeMutablePointer<Float>
  ) {
    unsafe table.pointee.f32_from_f16(halves, count, results)
  }

  /// `codes[i] = round(values[i] / scale)`, cut to -127…127.
  @unsafe package static func quantize(
    _ values: UnsafePointer<Float>, count: Int, inverseScale: Float, into codes: UnsafeMutablePointer<Int8>
  ) {
    unsafe needletail_quantize_i8(values, count, inverseScale, codes)
  }

  /// Asks for the cache line at an address that will be read soon.
  @unsafe package static func prefetch(_ address: UnsafeRawPointer) {
    unsafe needletail_prefetch(address)
  }
}
