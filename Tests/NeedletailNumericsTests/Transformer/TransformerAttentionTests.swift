import CNeedletailKernels
import Foundation
import Testing

@Suite struct TransformerAttentionTests {
  /// Queries, keys and values of one head, and the attention between them in double precision.
  private struct Head {
    let length, size: Int
    var floats: [Float]
    /// The last queries only, from this one on.
    var first = 0
    /// How far a query sees to each side; nil is everything.
    var before, after: Int?
    /// Added to the score of a query and a key: the entry `length - 1 + key - query`.
    var bias: [Float] = []

    init(length: Int, size: Int, seed: UInt64) {
      self.length = length
      self.size = size
      var generator = SeededGenerator(seed: seed)
      floats = (0..<length * 3 * size).map { _ in .random(in: -2...2, using: &generator) }
    }

    func expected() -> [Float] {
      var result: [Float] = []
      for query in first..<length {
        let scores = (0..<length).map { key -> Double in
          if let before, key < query - before { return -.infinity }
          if let after, key > query + after { return -.infinity }
          let added = bias.isEmpty ? 0 : Double(bias[length - 1 + key - query]) / Double(size).squareRoot()
          return added + (0..<size).reduce(0.0) { $0 + Double(floats[query * 3 * size + $1]) * Double(floats[(key * 3 + 1) * size + $1]) }
            / Double(size).squareRoot()
        }
        let top = scores.max() ?? 0
        let weights = scores.map { exp($0 - top) }
        let sum = weights.reduce(0, +)
        for column in 0..<size {
          result.append(Float((0..<length).reduce(0.0) { $0 + weights[$1] * Double(floats[($1 * 3 + 2) * size + column]) } / sum))
        }
      }
      return result
    }

    func attended(_ isa: needletail_isa, _ element: needletail_element) -> [Float]? {
      guard let kernels = unsafe needletail_kernels_for(isa) else { return nil }
      var out = [Float](repeating: 0, count: (length - first) * size)
      let scratch = UnsafeMutableRawPointer.allocate(byteCount: needletail_attention_bytes(length, size), alignment: 64)
      defer { unsafe scratch.deallocate() }
      unsafe scratch.initializeMemory(as: UInt8.self, repeating: 0, count: needletail_attention_bytes(length, size))
      let narrow = floats.map { UInt16(($0.bitPattern + 0x7fff + ($0.bitPattern >> 16 & 1)) >> 16) }
      unsafe floats.withUnsafeBytes { wide in
        unsafe narrow.withUnsafeBytes { narrow in
          unsafe out.withUnsafeMutableBytes { out in
            let source = unsafe (element == NEEDLETAIL_BFLOAT16 ? narrow : wide).baseAddress!
            let bytes = element == NEEDLETAIL_BFLOAT16 ? 2 : 4
            var attention = unsafe needletail_attention()
            unsafe (attention.length, attention.head_size, attention.element) = (length, size, element)
            unsafe attention.queries = length - first
            unsafe attention.query = source + first * 3 * size * bytes
            unsafe (attention.key, attention.value) = (source + size * bytes, source + 2 * size * bytes)
            unsafe (attention.query_stride, attention.first_query) = (3 * size, first)
            unsafe (attention.before, attention.after) = (before ?? length, after ?? length)
            unsafe (attention.stride, attention.scale) = (3 * size, 1 / Float(size).squareRoot())
            unsafe (attention.out, attention.out_stride, attention.scratch) = (out.baseAddress, size, scratch)
            unsafe bias.withUnsafeBufferPointer { bias in
              if !bias.isEmpty, let start = bias.baseAddress { unsafe attention.bias = start + length - 1 }
              unsafe needletail_attend(kernels, &attention)
            }
          }
        }
      }
      return out
    }
  }

  private let isas = [NEEDLETAIL_ISA_SERIAL, NEEDLETAIL_ISA_NEON, NEEDLETAIL_ISA_AVX2, NEEDLETAIL_ISA_AVX512]

  @Test(arguments: [1, 2, 5, 12, 13, 31, 32, 33, 64, 100, 257], [16, 32, 64])
  func everyInstructionSetComputesAttention(length: Int, size: Int) {
    let head = Head(length: length, size: size, seed: UInt64(length * 100 + size))
    let expected = head.expected()
    for isa in isas {
      for (element, tolerance) in [(NEEDLETAIL_FLOAT32, Float(1e-5)), (NEEDLETAIL_BFLOAT16, 0.05)] {
        guard let found = head.attended(isa, element) else { continue }
        let worst = zip(found, expected).map { abs($0 - $1) }.max() ?? 0
        #expect(worst < tolerance, "isa \(isa.rawValue) element \(element.rawValue)")
      }
    }
  }

  @Test(arguments: [1, 5, 13, 33, 70], [(0, 0), (nil, 0), (3, 3), (4, 0), (0, nil)] as [(Int?, Int?)])
  func queriesSeeWhatTheMaskShows(length: Int, sight: (before: Int?, after: Int?)) {
    var head = Head(length: length, size: 16, seed: UInt64(length))
    (head.before, head.after) = (sight.before, sight.after)
    var generator = SeededGenerator(seed: 5)
    head.bias = (0..<2 * length - 1).map { _ in .random(in: -6...6, using: &generator) }
    for first in Set([0, length / 2, length - 1]) {
      head.first = first
      let expected = head.expected()
      for isa in isas {
        guard let found = head.attended(isa, NEEDLETAIL_FLOAT32) else { continue }
        let worst = zip(found, expected).map { abs($0 - $1) }.max() ?? 0
        #expect(found.count == expected.count && worst < 1e-5, "isa \(isa.rawValue) from \(first)")
      }
    }
  }
}
