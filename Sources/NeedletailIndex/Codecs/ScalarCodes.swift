internal import NeedletailNumerics

/// 8-bit codes of vectors with a scale for each, after the mean of all was subtracted.
///
/// A row `x` is kept as `x ≈ mean + scale · code` with `scale = max |x - mean| / 127` (the symmetric form of locally
/// adaptive quantisation: Aguerrebere et al., "Similarity search in the blink of an eye with compressed indices", VLDB
/// 2023, section 3). Subtracting the mean matters for encoders whose vectors all point roughly the same way. The mean
/// changes inner products by a constant for each query and distances not at all, so orders stay what they are.
struct ScalarCodes: Sendable {
  /// What turns the integer product of codes into a score: `weight · scale · product + bias`.
  struct Terms: BitwiseCopyable, Sendable {
    var scale: Float
    /// Zero for inner products, minus the squared length of the centred row for distances.
    var bias: Float
  }

  /// How far a code can be off.
  struct Bound: BitwiseCopyable, Sendable {
    /// The length of the decoded, centred row.
    var length: Float
    /// The distance between the row and its decoded form.
    var error: Float
  }

  let codes: Column<Int8>
  let terms: Column<Terms>
  let bounds: Column<Bound>
  /// As many components as an exact row has, zeros behind.
  let mean: Column<Float>
  /// Bytes from one row of codes to the next.
  let stride: Int

  static func stride(dimension: Int) -> Int { roundedToLines(dimension) }

  @unsafe var rows: RowPointer<Int8> { unsafe RowPointer(base: codes.start, stride: stride, dimension: stride) }

  var byteCount: Int { codes.region.count + terms.region.count + bounds.region.count + mean.region.count }
}
