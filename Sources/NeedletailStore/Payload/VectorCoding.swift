package import Foundation

/// Vectors of record as blobs: components one after the other, little endian, in 4 or 2 bytes each.
///
/// This is the one file of the store that looks at floats as bytes.
package enum VectorCoding {
  package static func encode(_ components: ArraySlice<Float>, as precision: VectorPrecision) -> Data {
    switch precision {
    case .float32:
      #if _endian(little)
        return unsafe components.withUnsafeBytes { bytes in unsafe Data(bytes) }
      #else
        var patterns = components.map { $0.bitPattern.littleEndian }
        return unsafe patterns.withUnsafeMutableBytes { bytes in unsafe Data(bytes) }
      #endif
    case .float16:
      var patterns = components.map { HalfPrecision.bits(of: $0).littleEndian }
      return unsafe patterns.withUnsafeMutableBytes { bytes in unsafe Data(bytes) }
    }
  }

  /// Appends the components to `values`.
  ///
  /// - Returns: false, with nothing appended, if the blob does not have `dimension` components.
  package static func decode(_ blob: Data, as precision: VectorPrecision, dimension: Int, into values: inout [Float]) -> Bool {
    switch precision {
    case .float32:
      guard blob.count == dimension * 4 else { return false }
      unsafe blob.withUnsafeBytes { bytes in
        for component in 0..<dimension {
          values.append(Float(bitPattern: UInt32(littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: component * 4, as: UInt32.self))))
        }
      }
    case .float16:
      guard blob.count == dimension * 2 else { return false }
      unsafe blob.withUnsafeBytes { bytes in
        for component in 0..<dimension {
          values.append(HalfPrecision.float(UInt16(littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: component * 2, as: UInt16.self))))
        }
      }
    }
    return true
  }

  /// What is left of the components after a round trip, so that fresh vectors score as stored ones do.
  package static func rounded(_ components: [Float], to precision: VectorPrecision) -> [Float] {
    switch precision {
    case .float32: components
    case .float16: components.map { HalfPrecision.float(HalfPrecision.bits(of: $0)) }
    }
  }
}

/// IEEE 754 half precision (binary16) from and to single precision, in integer arithmetic: `Float16` is not available
/// on every platform of ours.
package enum HalfPrecision {
  /// The nearest half, ties to even; what is too large becomes the largest finite one, so that scores stay finite.
  package static func bits(of value: Float) -> UInt16 {
    let pattern = value.bitPattern
    let sign = UInt16(truncatingIfNeeded: (pattern >> 16) & 0x8000)
    let magnitude = pattern & 0x7FFF_FFFF
    if magnitude >= 0x477F_F000 { return sign | 0x7BFF }
    if magnitude < 0x3880_0000 {
      // Subnormal: the sum makes the hardware round at the bit that is worth 2^-24.
      let rounded = Float(bitPattern: magnitude) + 0.5
      return sign | UInt16(truncatingIfNeeded: rounded.bitPattern &- 0x3F00_0000)
    }
    let isOdd = (magnitude >> 13) & 1
    return sign | UInt16(truncatingIfNeeded: (magnitude &- 0x3800_0000 &+ 0xFFF &+ isOdd) >> 13)
  }

  package static func float(_ bits: UInt16) -> Float {
    let sign = UInt32(bits & 0x8000) << 16
    let exponent = UInt32(bits & 0x7C00) >> 10
    let fraction = UInt32(bits & 0x03FF)
    switch exponent {
    case 0: return Float(bitPattern: sign | (Float(fraction) * 0x1p-24).bitPattern)
    case 31: return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
    default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
    }
  }
}
