internal import NeedletailNumerics

/// The arithmetic of an embedder: what is gained in speed is paid in exactness.
///
/// Cosine to the float vectors with all-MiniLM-L6-v2: bfloat16 0.9999, int8 0.997 and better. Vectors of different precisions may be
/// compared with each other.
public enum EmbedderPrecision: String, CaseIterable, Codable, Sendable {
  case float32
  /// Twice as fast where the processor multiplies bfloat16 (`Processor.multipliesBFloat16`); elsewhere the embedder
  /// computes in float32, and says so in its `precision`.
  case bfloat16
  /// Three to four times as fast where the processor has 8-bit dot products (AVX-512 VNNI, Arm), a quarter of the memory for weights
  /// everywhere. Attention runs in bfloat16 where that is fast, in float32 elsewhere.
  case int8

  /// What this processor computes in when asked for this precision.
  public var effective: EmbedderPrecision { self == .bfloat16 && !Processor.multipliesBFloat16 ? .float32 : self }

  var layers: LayerPrecision {
    let narrowAttention = Processor.multipliesBFloat16
    return switch effective {
    case .float32: LayerPrecision(products: .float32, attention: .float32)
    case .bfloat16: LayerPrecision(products: .bfloat16, attention: .bfloat16)
    case .int8: LayerPrecision(products: .int8, attention: narrowAttention ? .bfloat16 : .float32)
    }
  }
}
