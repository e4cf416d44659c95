import CNeedletailKernels
import Testing

/// Every instruction set against the serial kernels, at lengths that fill no register.
@Suite struct TrainingKernelTests {
  private let sets = [NEEDLETAIL_ISA_NEON, NEEDLETAIL_ISA_AVX2, NEEDLETAIL_ISA_AVX512]
  private let count = 77
  private let x: [Float]
  private let y: [Float]

  init() {
    var generator = SeededGenerator(seed: 2)
    x = (0..<77).map { _ in .random(in: -5...5, using: &generator) }
    y = (0..<77).map { _ in .random(in: -5...5, using: &generator) }
  }

  /// Runs `body` with each set of kernels and compares what it writes with the serial result.
  private func agree(tolerance: Float = 2e-6, size: Int = 77, _ body: (needletail_training_kernels, UnsafeMutablePointer<Float>) -> Void) {
    func result(_ isa: needletail_isa) -> [Float]? {
      guard let kernels = unsafe needletail_training_for(isa) else { return nil }
      var out = (0..<size).map { Float($0 % 7) }
      unsafe body(kernels.pointee, &out)
      return out
    }
    guard let expected = result(NEEDLETAIL_ISA_SERIAL) else { return }
    for isa in sets {
      guard let found = result(isa) else { continue }
      for (f, e) in zip(found, expected) { #expect(abs(f - e) <= tolerance * max(1, abs(e)), "\(isa)") }
    }
  }

  @Test(arguments: 0..<6) func functionsAndTheirSlopes(function: Int) {
    let function = needletail_function(rawValue: UInt32(function))
    unsafe agree { kernels, out in unsafe kernels.apply(function, x, count, out) }
    for accumulates in [false, true] {
      unsafe agree(tolerance: 1e-5) { kernels, out in
        var value = x
        unsafe kernels.apply(function, x, count, &value)
        unsafe kernels.apply_gradient(function, x, value, y, count, accumulates, out)
      }
    }
  }

  @Test func rowsOfNormsAndSoftmaxes() {
    for centred in [false, true] {
      unsafe agree(tolerance: 1e-4, size: 77 + 22) { kernels, out in
        unsafe x.withUnsafeBufferPointer { x in
          unsafe y.withUnsafeBufferPointer { y in
            let norm = unsafe needletail_norm(gain: y.baseAddress!, shift: centred ? y.baseAddress! + 11 : nil, epsilon: 1e-5, centred: centred)
            let rows = unsafe needletail_rows(values: x.baseAddress!, stride: 11, rows: 7, columns: 11)
            unsafe kernels.norm(rows, norm, out, 11)
            unsafe kernels.norm_gradient(rows, norm, y.baseAddress!, 11, true, out, 11, out + 77, out + 88)
            unsafe kernels.softmax_gradient(rows, y.baseAddress!, 11, 0.1, true, out, 11)
            unsafe kernels.add_rows(rows, out)
          }
        }
      }
    }
  }

  @Test func entriesAndSteps() {
    unsafe agree { kernels, out in
      unsafe kernels.scale(x, 0.3, count, true, out)
      unsafe kernels.multiply(x, y, count, true, out)
      unsafe out[0] = kernels.dot(x, y, count)
    }
    unsafe agree { kernels, out in
      unsafe kernels.dropout(needletail_dropout(seed: 9, threshold: 1 << 31, scale: 2), 5, x, count, false, out)
    }
    // every third entry is the maximum; what is left for the others follows
    let maximum = x.indices.map { $0 % 3 == 0 ? x[$0] : x[$0] + 1 }
    unsafe agree(size: 2 * count) { kernels, out in
      var rest = y
      unsafe kernels.route_maximum(x, maximum, count, &rest, out)
      unsafe kernels.route_maximum(x, x, count, &rest, out)
      for index in 0..<count { unsafe out[count + index] = rest[index] }
    }
    for decoupled in [false, true] {
      unsafe agree(tolerance: 1e-5) { kernels, out in
        let adam = needletail_adam(
          rate: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, decay: 0.01, correction1: 2, correction2: 3, gradient_scale: 0.5,
          decoupled: decoupled)
        var (mean, variance) = (y, x.map(abs))
        unsafe kernels.adam(adam, x, count, out, &mean, &variance)
      }
    }
  }
}
