/// The parsed header of a safetensors file.
///
/// The format (https://github.com/huggingface/safetensors, "Format"): eight bytes with the length N of the header, N bytes of
/// JSON from tensor name to `{"dtype", "shape", "data_offsets"}`, then the data, which the tensors cover without holes and
/// without overlapping. A name may occur once. `__metadata__` maps strings to strings.
struct SafetensorsHeader {
  /// In the order of their data.
  private(set) var tensors: [StoredTensor] = []
  private(set) var metadata: [String: String] = [:]

  /// The reference implementation refuses longer headers, and so do we.
  static let maximumByteCount = 100_000_000
  /// Length field in front of the header.
  static let prefixByteCount = 8

  /// Why a header was refused, and where in the file.
  struct Flaw: Error {
    var offset: Int
    var reason: String
  }

  /// Parses the header.
  ///
  /// - Parameters:
  ///   - bytes: the JSON text.
  ///   - fileByteCount: the length of the whole file, which the tensors have to fill exactly.
  init(_ bytes: [UInt8], fileByteCount: Int) throws(Flaw) {
    let dataStart = Self.prefixByteCount + bytes.count
    var scanner = JSONScanner(bytes, origin: Self.prefixByteCount)
    var names: Set<String> = []
    try scanner.object { (scanner, name) throws(Flaw) in
      guard names.insert(name).inserted else { throw scanner.flaw("the name \(name) occurs twice") }
      if name == "__metadata__" {
        try scanner.object { (scanner, key) throws(Flaw) in metadata[key] = try scanner.string() }
      } else {
        tensors.append(try Self.tensor(name, &scanner, dataStart: dataStart, fileByteCount: fileByteCount))
      }
    }
    try scanner.end()
    try orderAndCheckCoverage(from: dataStart, to: fileByteCount)
  }

  private static func tensor(
    _ name: String, _ scanner: inout JSONScanner, dataStart: Int, fileByteCount: Int
  ) throws(Flaw) -> StoredTensor {
    var elementType: ElementType?
    var shape: [Int]?
    var offsets: [Int]?
    try scanner.object { (scanner, key) throws(Flaw) in
      switch key {
      case "dtype" where elementType == nil:
        let code = try scanner.string()
        elementType = ElementType(rawValue: code)
        if elementType == nil { throw scanner.flaw("tensor \(name) has the element type \(code), which is not supported") }
      case "shape" where shape == nil: shape = try scanner.integers()
      case "data_offsets" where offsets == nil: offsets = try scanner.integers()
      default: throw scanner.flaw("tensor \(name) has an unexpected or repeated key \(key)")
      }
    }
    guard let elementType, let shape, let offsets, offsets.count == 2 else {
      throw scanner.flaw("tensor \(name) lacks dtype, shape or two data_offsets")
    }
    guard offsets[0] <= offsets[1], offsets[1] <= fileByteCount - dataStart else {
      throw scanner.flaw("tensor \(name) lies outside the file: \(offsets[0])..<\(offsets[1])")
    }
    guard let byteCount = product(shape, elementType.byteCount), byteCount == offsets[1] - offsets[0] else {
      throw scanner.flaw("tensor \(name) of shape \(shape) does not take \(offsets[1] - offsets[0]) bytes")
    }
    return StoredTensor(
      name: name, elementType: elementType, shape: shape, byteRange: dataStart + offsets[0]..<dataStart + offsets[1])
  }

  private static func product(_ shape: [Int], _ byteCount: Int) -> Int? {
    var product = byteCount
    for extent in shape {
      let (next, overflows) = product.multipliedReportingOverflow(by: extent)
      if overflows { return nil }
      product = next
    }
    return product
  }

  private mutating func orderAndCheckCoverage(from start: Int, to end: Int) throws(Flaw) {
    tensors.sort { ($0.byteRange.lowerBound, $0.byteRange.upperBound) < ($1.byteRange.lowerBound, $1.byteRange.upperBound) }
    var reached = start
    for tensor in tensors {
      let lowerBound = tensor.byteRange.lowerBound
      guard lowerBound == reached else {
        let what = lowerBound < reached ? "overlaps the tensor before it" : "leaves a hole before it"
        throw Flaw(offset: lowerBound, reason: "tensor \(tensor.name) \(what)")
      }
      reached = tensor.byteRange.upperBound
    }
    guard reached == end else { throw Flaw(offset: reached, reason: "\(end - reached) bytes belong to no tensor") }
  }
}
