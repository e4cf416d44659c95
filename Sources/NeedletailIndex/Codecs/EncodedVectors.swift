internal import NeedletailCore

/// The vectors of an index in the form of its codec.
struct EncodedVectors: Sendable {
  let dimension: Int
  let codec: VectorCodecKind
  let exact: ExactRows
  /// Present for `.int8`.
  let codes: ScalarCodes?

  var count: Int { exact.count }
  var similarity: Similarity { exact.similarity }

  var footprint: Footprint {
    Footprint(
      vectorBytes: exact.region.count, codeBytes: codes?.byteCount ?? 0, linkBytes: 0, isMapped: exact.region.isMapped)
  }
}

/// The largest number of rows in one index: graph candidates keep a flag beside the row in 32 bits.
let maximumRowCount = Int(Int32.max)
/// The largest number of components: codes are summed in 32 bits.
let maximumDimension = 65_536
