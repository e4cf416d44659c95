internal import CNeedletailKernels

/// How the numbers of a matrix product are written.
public enum MatrixPrecision: String, Hashable, Sendable, CaseIterable {
  case float32
  /// The upper half of a float: 8 bits of mantissa, the same range.
  case bfloat16
  /// Eight bits: weights scaled per output, activations over the range of each row.
  case int8

  var element: needletail_element {
    switch self {
    case .float32: NEEDLETAIL_FLOAT32
    case .bfloat16: NEEDLETAIL_BFLOAT16
    case .int8: NEEDLETAIL_INT8
    }
  }

  /// Bytes that one number takes.
  public var byteCount: Int {
    switch self {
    case .float32: 4
    case .bfloat16: 2
    case .int8: 1
    }
  }
}

/// The function applied to each entry of a product.
public enum Activation: String, Hashable, Sendable, CaseIterable {
  case identity
  /// x Φ(x), with the distribution function of the normal distribution (Hendrycks and Gimpel, 2016).
  case gelu
  /// Its approximation with a hyperbolic tangent, from the same paper.
  case geluTanh
  case relu
  /// x / (1 + exp(-x)) (Elfwing, Uchibe and Doya, 2017).
  case silu

  var kernel: needletail_activation {
    switch self {
    case .identity: NEEDLETAIL_IDENTITY
    case .gelu: NEEDLETAIL_GELU
    case .geluTanh: NEEDLETAIL_GELU_TANH
    case .relu: NEEDLETAIL_RELU
    case .silu: NEEDLETAIL_SILU
    }
  }
}
