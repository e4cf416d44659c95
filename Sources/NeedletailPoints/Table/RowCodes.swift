internal import NeedletailNumerics

/// Rows of a block in 8 bits a component, each with a scale of its own.
///
/// Rows that are in no graph yet are compared one by one; by their codes this takes a quarter of the memory traffic. The best by
/// code are compared again in full, so that codes decide who is looked at and never what is reported.
struct RowCodes: Sendable {
  let size: Int
  /// The places that have a code.
  private(set) var coded = BlockMask.none
  private(set) var values: [Int8] = []
  private(set) var scales: [Float] = []

  init(size: Int) { self.size = size }

  mutating func set(_ row: [Float], at place: Int) {
    if scales.count <= place {
      scales.append(contentsOf: repeatElement(0, count: place + 1 - scales.count))
      values.append(contentsOf: repeatElement(0, count: (place + 1) * size - values.count))
    }
    let size = size
    scales[place] = unsafe values.withUnsafeMutableBufferPointer { values in
      guard let base = values.baseAddress else { return 0 }
      return unsafe Self.encode(row, into: base + place * size)
    }
    coded.insert(place)
  }

  mutating func remove(_ place: Int) { coded.remove(place) }

  /// Writes the codes of a row and returns their scale.
  @unsafe static func encode(_ row: [Float], into codes: UnsafeMutablePointer<Int8>) -> Float {
    var largest: Float = 0
    for value in row { largest = max(largest, abs(value)) }
    let scale = largest / 127
    let inverse = scale > 0 ? 1 / scale : 0
    unsafe row.withUnsafeBufferPointer { row in
      if let base = row.baseAddress { unsafe DistanceKernels.quantize(base, count: row.count, inverseScale: inverse.isFinite ? inverse : 0, into: codes) }
    }
    return scale
  }

  /// What codes take, in bytes.
  var byteCount: Int { values.count + 4 * scales.count }
}

/// A query in 8 bits a component, to be compared with coded rows.
struct CodedQuery {
  private var values: [Int8]
  private let scale: Float
  private var products = [Int32](repeating: 0, count: PointBlock.size)
  private var places = [UInt32](repeating: 0, count: PointBlock.size)

  init(_ query: [Float]) {
    var codes = [Int8](repeating: 0, count: query.count)
    scale = unsafe codes.withUnsafeMutableBufferPointer { codes in
      guard let base = codes.baseAddress else { return 0 }
      return unsafe RowCodes.encode(query, into: base)
    }
    values = codes
  }

  /// Calls the closure with each of `wanted`, all of which have a code, and about its inner product with the query.
  mutating func forEachProduct(_ rows: RowCodes, _ wanted: BlockMask, _ body: (Int, Float) -> Void) {
    var count = 0
    wanted.forEach { place in
      places[count] = UInt32(place)
      count += 1
    }
    unsafe values.withUnsafeBufferPointer { query in
      unsafe rows.values.withUnsafeBufferPointer { codes in
        guard let query = query.baseAddress, let codes = codes.baseAddress else { return }
        let pointer = unsafe RowPointer(base: codes, stride: rows.size, dimension: rows.size)
        unsafe products.withUnsafeMutableBufferPointer { products in
          unsafe places.withUnsafeBufferPointer { places in
            guard let results = products.baseAddress else { return }
            unsafe DistanceKernels.current.dot(query, pointer, indices: places.baseAddress, count: count, into: results)
          }
        }
      }
    }
    for number in 0..<count { body(Int(places[number]), Float(products[number]) * scale * rows.scales[Int(places[number])]) }
  }
}
