public import NeedletailCore
internal import NeedletailNumerics

/// Binary codes that a trained network writes in steps: a sign for each component, then signs of what the decoded code
/// misses with half the weight, and so on.
///
/// Y. Gan et al., "Binary embedding-based retrieval at Tencent", KDD 2023, sections 3.2 (codes) and 3.4 (symmetric
/// distance). With `u` corrections a component has one of `2^(u + 1)` values. Scores are cosines between the code of the
/// query and the code of the row. Since the query is coded too, the products of two values are small integers: tables of
/// 16 bytes hold them exactly, and one shuffle of a register looks up one, two or four components of 16 rows.
///
/// Layout in memory: symbols of `u + 1` bits, as many as fit in 4 bits together, in blocks of 32 rows as `sum_nibbles`
/// reads them, and the length of each decoded code as binary16. Deviation: three bits (`u = 2`) take the room of four.
public struct RecurrentBinaryCodec: VectorCodec, BlockCodec {
  public let dimension: Int
  /// Components of a code (`m` in the paper), a multiple of 16.
  public let bits: Int
  /// Corrections after the first signs (`u` in the paper), 0 to 3.
  public let steps: Int
  let base: Perceptron
  /// From a code to the vector it stands for, one for each correction.
  let reconstructions: [Perceptron]
  /// From what that vector misses to the signs of the correction.
  let corrections: [Perceptron]

  init(dimension: Int, bits: Int, base: Perceptron, reconstructions: [Perceptron], corrections: [Perceptron]) {
    self.dimension = dimension
    self.bits = bits
    steps = corrections.count
    self.base = base
    self.reconstructions = reconstructions
    self.corrections = corrections
  }

  public var specification: CodecSpecification { .recurrent(bits: bits, steps: steps) }
  public var decodedDimension: Int { bits }
  /// Symbols in a half byte.
  private var grouped: Int { max(1, 4 / (steps + 1)) }
  /// Half bytes of a code.
  private var parts: Int { bits / grouped }
  public var codeBytes: Int { parts / 2 + 2 }
  public var residualBytes: Int { 0 }
  public var scoreTolerance: Float { 2e-4 }
  var blockRows: Int { 32 }
  var blockBytes: Int { 16 * parts + 64 }
  var queryBytes: Int { 16 * parts }
  var codesDifferences: Bool { false }
  public var sharedBytes: Int { 4 * ([base] + reconstructions + corrections).reduce(0) { $0 + $1.parameterCount } }

  public func encode(_ vectors: DenseVectors) -> [UInt8] { CodeArrays(self).encode(vectors) }
  public func decode(_ codes: [UInt8]) -> DenseVectors { CodeArrays(self).decode(codes, withResiduals: true) }
  public func decodeCoarsely(_ codes: [UInt8]) -> DenseVectors { decode(codes) }
  public func scores(of query: [Float], codes: [UInt8]) -> [Float] { CodeArrays(self).scores(of: query, codes: codes) }

  // MARK: - The network

  /// The codes of rows as integers: component `o` stands for the value `o / 2^steps`, and `o` is odd.
  ///
  /// - Parameter observe: sees the reconstruction before each correction.
  package func integers(of rows: [Float], observe: (_ step: Int, _ reconstruction: [Float]) -> Void = { _, _ in }) -> [Int16] {
    var vectors = rows
    UnitRows.normalise(&vectors, dimension: dimension)
    var code = base.apply(to: vectors).map { Self.sign($0) }
    for step in 0..<steps {
      let values = code.map { Float($0) / Float(1 << step) }
      var reconstruction = reconstructions[step].apply(to: values)
      UnitRows.normalise(&reconstruction, dimension: dimension)
      observe(step, reconstruction)
      let missing = zip(vectors, reconstruction).map { $0 - $1 }
      let correction = corrections[step].apply(to: missing)
      for index in code.indices { code[index] = 2 * code[index] + Self.sign(correction[index]) }
    }
    return code
  }

  private static func sign(_ value: Float) -> Int16 { value >= 0 ? 1 : -1 }

  /// The values of codes: what `decode` gives before it is scaled to length 1.
  public func composedCodes(of vectors: DenseVectors) -> DenseVectors {
    DenseVectors(dimension: bits, values: integers(of: vectors.values).map { Float($0) / Float(1 << steps) })
  }

  // MARK: - Codes

  func encode(
    _ row: UnsafePointer<Float>, into code: UnsafeMutablePointer<UInt8>, residual: UnsafeMutablePointer<UInt8>
  ) {
    unsafe encode(row, count: 1, into: code, residuals: residual)
  }

  func encode(
    _ rows: UnsafePointer<Float>, count: Int, into codes: UnsafeMutablePointer<UInt8>,
    residuals: UnsafeMutablePointer<UInt8>
  ) {
    guard count > 0 else { return }
    let integers = unsafe integers(of: Array(UnsafeBufferPointer(start: rows, count: count * dimension)))
    for row in 0..<count {
      let code = unsafe codes + row * codeBytes
      for byte in 0..<codeBytes { unsafe code[byte] = 0 }
      var squared = 0
      for index in 0..<bits {
        let value = Int(integers[row * bits + index])
        squared += value * value
        let (part, shift) = (index / grouped, index % grouped * (steps + 1))
        unsafe code[part / 2] |= UInt8(symbol(value)) << UInt8(part % 2 * 4 + shift)
      }
      var (length, half) = (Float(Double(squared).squareRoot()) / Float(1 << steps), UInt16(0))
      unsafe DistanceKernels.current.convert(&length, count: 1, toHalves: &half)
      unsafe UnsafeMutableRawPointer(code).storeBytes(of: half, toByteOffset: parts / 2, as: UInt16.self)
    }
  }

  /// The number from 0 that stands for an odd integer.
  private func symbol(_ value: Int) -> Int { (value + (1 << (steps + 1)) - 1) / 2 }
  private func value(_ symbol: Int) -> Int { 2 * symbol - (1 << (steps + 1)) + 1 }

  @inline(__always)
  private func symbol(at index: Int, in code: UnsafePointer<UInt8>) -> Int {
    let (part, shift) = (index / grouped, index % grouped * (steps + 1))
    return unsafe Int(code[part / 2]) >> (part % 2 * 4 + shift) & (1 << (steps + 1) - 1)
  }

  private func length(_ code: UnsafePointer<UInt8>) -> Float {
    unsafe Float(halfPrecision: UnsafeRawPointer(code).loadUnaligned(fromByteOffset: parts / 2, as: UInt16.self))
  }

  func decode(
    _ code: UnsafePointer<UInt8>, residual: UnsafePointer<UInt8>?, into row: UnsafeMutablePointer<Float>
  ) {
    let length = unsafe length(code) * Float(1 << steps)
    let factor = length > 0 && length.isFinite ? 1 / length : 0
    for index in 0..<bits { unsafe row[index] = factor * Float(value(symbol(at: index, in: code))) }
  }

  func pack(_ codes: UnsafePointer<UInt8>, count: Int, into block: UnsafeMutablePointer<UInt8>) {
    for row in 0..<count {
      let code = unsafe codes + row * codeBytes
      for part in 0..<parts {
        let nibble = unsafe code[part / 2] >> UInt8(part % 2 * 4) & 15
        unsafe block[16 * part + row % 16] |= nibble << (row < 16 ? 0 : 4)
      }
      unsafe (block + 16 * parts + 2 * row).update(from: code + parts / 2, count: 2)
    }
  }

  func unpack(_ row: Int, of block: UnsafePointer<UInt8>, into code: UnsafeMutablePointer<UInt8>) {
    for byte in 0..<codeBytes { unsafe code[byte] = 0 }
    for part in 0..<parts {
      let nibble = unsafe block[16 * part + row % 16] >> (row < 16 ? 0 : 4) & 15
      unsafe code[part / 2] |= nibble << UInt8(part % 2 * 4)
    }
    unsafe (code + parts / 2).update(from: block + 16 * parts + 2 * row, count: 2)
  }

  // MARK: - Symmetric distance

  public func image(of query: [Float]) -> [Float] {
    var values = integers(of: query).map { Float($0) }
    UnitRows.normalise(&values, dimension: bits)
    return values
  }

  func prepare(_ query: UnsafePointer<Float>, _ prepared: CodeQuery) {
    let integers = unsafe integers(of: Array(UnsafeBufferPointer(start: query, count: dimension)))
    let largest = (1 << (steps + 1)) - 1
    let tables = unsafe prepared.pointer(to: UInt8.self)
    var squared = 0
    for part in 0..<parts {
      for entry in 0..<16 {
        var product = 0
        for index in 0..<grouped {
          let symbol = entry >> (index * (steps + 1)) & largest
          product += Int(integers[part * grouped + index]) * value(symbol)
        }
        // Sums of `grouped` products of odd numbers are all odd or all even, so halves are whole numbers.
        unsafe tables[16 * part + entry] = UInt8((product + grouped * largest * largest) / 2)
      }
    }
    for value in integers { squared += Int(value) * Int(value) }
    let length = Float(Double(max(1, squared)).squareRoot()) * Float(1 << steps)
    prepared.scale = 2 / length
    prepared.offset = -Float(bits * largest * largest) / length
  }

  func score(
    _ prepared: CodeQuery, _ blocks: UnsafePointer<UInt8>, count: Int, into scores: UnsafeMutablePointer<Float>
  ) {
    unsafe ByteTables.score(
      prepared.pointer(to: UInt8.self), blocks, blockBytes: blockBytes, parts: parts, count: count, scale: prepared.scale,
      offset: prepared.offset, into: scores)
    for start in stride(from: 0, to: count, by: 32) {
      let lengths = unsafe UnsafeRawPointer(blocks + start / 32 * blockBytes + 16 * parts)
      for index in 0..<min(32, count - start) {
        let length = unsafe Float(halfPrecision: lengths.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self))
        unsafe scores[start + index] = length > 0 && length.isFinite ? scores[start + index] / length : 0
      }
    }
  }

  // MARK: - In a file

  func writeParameters(to writer: inout ByteWriter) {
    for network in [base] + reconstructions + corrections { network.write(to: &writer) }
  }

  /// Nil if the name is not that of a recurrent code, or the bytes do not hold its networks.
  init?(name: String, dimension: Int, from reader: inout ByteReader) {
    let numbers = name.dropFirst("binary".count).split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard name.hasPrefix("binary"), numbers.count == 2, let bits = numbers[0], let planes = numbers[1],
      (16...16_384).contains(bits), bits.isMultiple(of: 16), (1...4).contains(planes),
      let base = Perceptron(inputs: dimension, outputs: bits, from: &reader)
    else { return nil }
    var (reconstructions, corrections): ([Perceptron], [Perceptron]) = ([], [])
    for _ in 1..<planes {
      guard let network = Perceptron(inputs: bits, outputs: dimension, from: &reader) else { return nil }
      reconstructions.append(network)
    }
    for _ in 1..<planes {
      guard let network = Perceptron(inputs: dimension, outputs: bits, from: &reader) else { return nil }
      corrections.append(network)
    }
    self.init(dimension: dimension, bits: bits, base: base, reconstructions: reconstructions, corrections: corrections)
  }
}
