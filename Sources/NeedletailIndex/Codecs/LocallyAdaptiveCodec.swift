internal import NeedletailNumerics

/// Each component in equal steps between the least and the greatest component of its own vector, and optionally a second
/// code for what the first misses, kept apart.
///
/// C. Aguerrebere et al., "Similarity search in the blink of an eye with compressed indices", VLDB 2023, sections 3 and
/// 3.2. Deviations: origin and step of a vector are kept as bfloat16 instead of binary16, so that neither overflows; eight
/// bits have 255 levels instead of 256, so that products of signed bytes cannot overflow; components keep their order.
struct LocallyAdaptiveCodec: BlockCodec {
  let dimension: Int
  let bits: Int
  let residualBits: Int

  private var width: Int { roundedToGroups(dimension) }
  /// In front of a code: the value of code 0, and of one step.
  private static let termBytes = 4

  var specification: CodecSpecification { .locallyAdaptive(bits: bits, residualBits: residualBits) }
  var codeBytes: Int { Self.termBytes + (bits == 8 ? dimension : width / 2) }
  var residualBytes: Int { residualBits == 0 ? 0 : (residualBits == 8 ? dimension : width / 2) }
  var sharedBytes: Int { 0 }
  var queryBytes: Int { 2 * width }
  var scoreTolerance: Float { 3e-4 }

  func writeParameters(to writer: inout ByteWriter) {}

  /// Codes of eight bits are signed, with code 0 in the middle; those of four bits start at 0.
  private static func range(_ bits: Int) -> ClosedRange<Float> { bits == 8 ? -127...127 : 0...15 }

  func encode(
    _ row: UnsafePointer<Float>, into code: UnsafeMutablePointer<UInt8>, residual: UnsafeMutablePointer<UInt8>
  ) {
    var (least, greatest) = (Float.infinity, -Float.infinity)
    for index in 0..<dimension {
      least = unsafe min(least, row[index])
      greatest = unsafe max(greatest, row[index])
    }
    // Both are rounded first and used as they will be read.
    let origin = Float(brainPrecision: FloatCodec.brain(bits == 8 ? (least + greatest) / 2 : least))
    let reach = max(greatest - origin, origin - least)
    let exact = bits == 8 ? reach / 127 : reach / 15
    let step = Float(brainPrecision: FloatCodec.brain(exact * (1 + 1 / 256)))
    unsafe UnsafeMutableRawPointer(code).storeBytes(of: FloatCodec.brain(origin), as: UInt16.self)
    unsafe UnsafeMutableRawPointer(code).storeBytes(of: FloatCodec.brain(step), toByteOffset: 2, as: UInt16.self)
    let inverse = step > 0 && (1 / step).isFinite ? 1 / step : 0
    for index in 0..<dimension {
      let first = unsafe Self.quantized((row[index] - origin) * inverse, bits)
      unsafe Self.store(first, at: index, bits, in: code + Self.termBytes)
      guard residualBits > 0 else { continue }
      let rest = unsafe row[index] - origin - step * first
      unsafe Self.store(Self.residualCode(rest * inverse, residualBits), at: index, residualBits, in: residual)
    }
  }

  /// A rest of -1/2 to 1/2 steps.
  private static func residualCode(_ rest: Float, _ bits: Int) -> Float {
    bits == 8 ? quantized(rest * 254, bits) : quantized((rest + 0.5) * 15, bits)
  }

  private static func residualValue(_ code: Float, _ bits: Int) -> Float {
    bits == 8 ? code / 254 : code / 15 - 0.5
  }

  private static func quantized(_ value: Float, _ bits: Int) -> Float {
    max(range(bits).lowerBound, min(range(bits).upperBound, value.rounded()))
  }

  private static func store(_ value: Float, at index: Int, _ bits: Int, in code: UnsafeMutablePointer<UInt8>) {
    if bits == 8 {
      unsafe code[index] = UInt8(bitPattern: Int8(value))
    } else {
      unsafe NibbleRow.set(UInt8(value), at: index, in: code)
    }
  }

  private static func load(_ index: Int, _ bits: Int, in code: UnsafePointer<UInt8>) -> Float {
    unsafe bits == 8 ? Float(Int8(bitPattern: code[index])) : Float(NibbleRow.value(at: index, in: code))
  }

  private static func terms(_ code: UnsafePointer<UInt8>) -> (origin: Float, step: Float) {
    let raw = unsafe UnsafeRawPointer(code)
    return unsafe (
      Float(brainPrecision: raw.loadUnaligned(as: UInt16.self)),
      Float(brainPrecision: raw.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
    )
  }

  func decode(
    _ code: UnsafePointer<UInt8>, residual: UnsafePointer<UInt8>?, into row: UnsafeMutablePointer<Float>
  ) {
    let (origin, step) = unsafe Self.terms(code)
    for index in 0..<dimension {
      var position = unsafe Self.load(index, bits, in: code + Self.termBytes)
      if let residual = unsafe residual, residualBits > 0 {
        position += unsafe Self.residualValue(Self.load(index, residualBits, in: residual), residualBits)
      }
      unsafe row[index] = origin + step * position
    }
  }

  func prepare(_ query: UnsafePointer<Float>, _ prepared: CodeQuery) {
    var sum: Float = 0
    for index in 0..<dimension { unsafe sum += query[index] }
    prepared.offset = sum
    prepared.scale = unsafe IntegerQuery.split(
      query, count: dimension, high: prepared.pointer(to: Int8.self), low: prepared.pointer(to: Int8.self, at: width))
  }

  func score(
    _ prepared: CodeQuery, _ blocks: UnsafePointer<UInt8>, count: Int, into scores: UnsafeMutablePointer<Float>
  ) {
    unsafe IntegerCodes.products(
      high: prepared.pointer(to: Int8.self), low: prepared.pointer(to: Int8.self, at: width), blocks + Self.termBytes,
      stride: codeBytes, bits: bits, count: count, dimension: bits == 8 ? dimension : width, into: scores)
    for index in 0..<count {
      let (origin, step) = unsafe Self.terms(blocks + index * codeBytes)
      unsafe scores[index] = origin * prepared.offset + step * prepared.scale * scores[index]
    }
  }
}
