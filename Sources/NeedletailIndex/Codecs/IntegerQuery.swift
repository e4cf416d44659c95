internal import NeedletailNumerics

/// A query in integers of two levels: `q ≈ step · (127 · high + low)`.
///
/// Products with integer codes stay integer and exact on both levels, so 14 bits of the query count at the price of two
/// passes over codes that are in the nearest cache.
enum IntegerQuery {
  private static let levels: Float = 127 * 127

  /// Splits `count` components into `high` and `low`, whose rest stays as it is; returns the step.
  static func split(
    _ query: UnsafePointer<Float>, count: Int, high: UnsafeMutablePointer<Int8>, low: UnsafeMutablePointer<Int8>
  ) -> Float {
    var largest: Float = 0
    for index in 0..<count { largest = unsafe max(largest, abs(query[index])) }
    let step = largest / levels
    let inverse = step > 0 ? 1 / step : 0
    guard inverse.isFinite else {
      for index in 0..<count { unsafe (high[index], low[index]) = (0, 0) }
      return 0
    }
    for index in 0..<count {
      let value = unsafe (query[index] * inverse).rounded()
      let upper = (value / 127).rounded()
      unsafe high[index] = Int8(max(-127, min(127, upper)))
      unsafe low[index] = Int8(max(-127, min(127, value - 127 * upper)))
    }
    return step
  }
}

/// Room for the integer products of one call, on the stack of the caller's thread.
enum ProductBuffer {
  /// Rows that one call of a kernel compares.
  static let rows = 128

  static func use(_ body: (UnsafeMutablePointer<Int32>, UnsafeMutablePointer<Int32>) -> Void) {
    unsafe ScratchMemory.use(of: Int32.self, count: 2 * rows) { buffer in
      unsafe body(buffer.baseAddress!, buffer.baseAddress! + rows)
    }
  }
}

/// `count` rounded up to whole groups of 64 components, as the kernels for codes want it.
func roundedToGroups(_ count: Int) -> Int { (count + 63) / 64 * 64 }
