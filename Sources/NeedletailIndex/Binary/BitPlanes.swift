internal import NeedletailNumerics

/// Recurrent codes as planes of bits, and their products by counting differing bits: `(u + 1)²` passes over both codes.
///
/// `⟨a, b⟩ = Σ 2^(i + k) (m - 2 |a_i ⊕ b_k|)` over the planes `i` and `k`. It is what tables in registers are compared with.
package struct BitPlanes: Sendable {
  private let bits: Int
  private let steps: Int
  private let planeBytes: Int
  private let rowBytes: Int
  private let bytes: [UInt8]

  /// - Parameter integers: odd numbers between `±(2^(steps + 1) - 1)`, `bits` for each row.
  package init(integers: [Int16], bits: Int, steps: Int) {
    self.bits = bits
    self.steps = steps
    let planeBytes = (bits + 7) / 8
    self.planeBytes = planeBytes
    rowBytes = planeBytes * (steps + 1)
    var bytes = [UInt8](repeating: 0, count: integers.count / max(1, bits) * rowBytes)
    for (place, value) in integers.enumerated() {
      let symbol = (Int(value) + (1 << (steps + 1)) - 1) / 2
      for plane in 0...steps where symbol >> (steps - plane) & 1 == 1 {
        bytes[place / bits * rowBytes + plane * planeBytes + place % bits / 8] |= 1 << UInt8(place % bits % 8)
      }
    }
    self.bytes = bytes
  }

  /// The product of two rows.
  package func product(_ left: Int, _ right: Int) -> Int {
    products(of: left, with: right..<right + 1)[0]
  }

  /// The products of one row with a run of rows.
  package func products(of query: Int, with rows: Range<Int>) -> [Int] {
    var products = [Int](repeating: 0, count: rows.count)
    var counts = [UInt32](repeating: 0, count: rows.count)
    unsafe bytes.withUnsafeBufferPointer { bytes in
      for i in 0...steps {
        for k in 0...steps {
          unsafe CodeKernels.current.hamming(
            bytes.baseAddress! + query * rowBytes + i * planeBytes,
            bytes.baseAddress! + rows.lowerBound * rowBytes + k * planeBytes, stride: rowBytes, count: rows.count,
            bytes: planeBytes, into: &counts)
          let weight = 1 << (2 * steps - i - k)
          for index in products.indices { products[index] += weight * (bits - 2 * Int(counts[index])) }
        }
      }
    }
    return products
  }
}
