extension ElementType {
  /// Converts stored numbers to single precision.
  ///
  /// - Precondition: `bytes` holds as many numbers as `floats` has room for, at any alignment.
  func convert(_ bytes: UnsafeRawBufferPointer, to floats: UnsafeMutableBufferPointer<Float>) {
    switch self {
    case .float32: unsafe UnsafeMutableRawBufferPointer(floats).copyMemory(from: bytes)
    case .float16: unsafe convert(bytes, to: floats) { (bits: UInt16) in Float(halfPrecision: UInt16(littleEndian: bits)) }
    case .bfloat16: unsafe convert(bytes, to: floats) { (bits: UInt16) in Float(brainPrecision: UInt16(littleEndian: bits)) }
    case .float64: unsafe convert(bytes, to: floats) { Float(Double(bitPattern: UInt64(littleEndian: $0))) }
    case .boolean: unsafe convert(bytes, to: floats) { (value: UInt8) in value == 0 ? 0 : 1 }
    case .uint8: unsafe convert(bytes, to: floats) { (value: UInt8) in Float(value) }
    case .int8: unsafe convert(bytes, to: floats) { (value: Int8) in Float(value) }
    case .uint16: unsafe convert(bytes, to: floats) { Float(UInt16(littleEndian: $0)) }
    case .int16: unsafe convert(bytes, to: floats) { Float(Int16(littleEndian: $0)) }
    case .uint32: unsafe convert(bytes, to: floats) { Float(UInt32(littleEndian: $0)) }
    case .int32: unsafe convert(bytes, to: floats) { Float(Int32(littleEndian: $0)) }
    case .uint64: unsafe convert(bytes, to: floats) { Float(UInt64(littleEndian: $0)) }
    case .int64: unsafe convert(bytes, to: floats) { Float(Int64(littleEndian: $0)) }
    }
  }

  private func convert<Stored: BitwiseCopyable>(
    _ bytes: UnsafeRawBufferPointer, to floats: UnsafeMutableBufferPointer<Float>, _ value: (Stored) -> Float
  ) {
    for index in floats.indices {
      let stored = unsafe bytes.loadUnaligned(fromByteOffset: index * MemoryLayout<Stored>.size, as: Stored.self)
      unsafe floats.initializeElement(at: index, to: value(stored))
    }
  }
}

extension Float {
  /// The value of an IEEE 754 half-precision number. (`Float16` does not exist on Intel Macs.)
  @inlinable public init(halfPrecision bits: UInt16) {
    let sign = UInt32(bits & 0x8000) << 16
    let magnitude = UInt32(bits & 0x7FFF)
    if magnitude >= 0x7C00 {
      self = Float(bitPattern: sign | 0x7F80_0000 | (magnitude & 0x3FF) << 13)
    } else {
      // Shifted into place the exponent is 112 too small, whether the number is normal or subnormal; scaling is exact.
      self = Float(bitPattern: sign | magnitude << 13) * Float(sign: .plus, exponent: 112, significand: 1)
    }
  }

  /// The value of a "brain" number: the upper half of a single-precision one.
  @inlinable public init(brainPrecision bits: UInt16) {
    self = Float(bitPattern: UInt32(bits) << 16)
  }
}
