internal import CNeedletailKernels

/// Several vectors of one item for the kernels, `stride` elements apart.
@unsafe package struct VectorSet<Element> {
  package var base: UnsafePointer<Element>
  package var count: Int
  package var stride: Int

  package init(base: UnsafePointer<Element>, count: Int, stride: Int) {
    unsafe self.base = unsafe base
    unsafe self.count = count
    unsafe self.stride = stride
  }
}

// For each vector of the query the best inner product with the rows, into `best`; the sum is returned. Without rows it is 0,
// and `best` is not written.
extension DistanceKernels {
  @unsafe package func maxSim(
    _ query: VectorSet<Float>, _ rows: VectorSet<Float>, dimension: Int, best: UnsafeMutablePointer<Float>
  ) -> Float {
    unsafe needletail_maxsim_f32(
      table, query.base, query.count, query.stride, rows.base, rows.count, rows.stride, dimension, best)
  }

  @unsafe package func maxSim(
    _ query: VectorSet<Float>, _ rows: VectorSet<UInt16>, dimension: Int, best: UnsafeMutablePointer<Float>
  ) -> Float {
    unsafe needletail_maxsim_f16(
      table, query.base, query.count, query.stride, rows.base, rows.count, rows.stride, dimension, best)
  }

  /// The value of a code is the code times the scale of its vector.
  @unsafe package func maxSim(
    _ query: VectorSet<Int8>, scales: UnsafePointer<Float>, _ rows: VectorSet<Int8>, rowScales: UnsafePointer<Float>, dimension: Int,
    best: UnsafeMutablePointer<Float>
  ) -> Float {
    unsafe needletail_maxsim_i8(
      table, query.base, scales, query.count, query.stride, rows.base, rowScales, rows.count, rows.stride, dimension, best)
  }
}
