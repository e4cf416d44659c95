public import NeedletailCore
internal import NeedletailNumerics

/// A way to keep vectors in few bytes and to compare a query with them without unpacking.
///
/// A codec has learned what all rows share (ranges, codebooks, rotations); a code is what is left of one row. Made by
/// `CodecTraining`; `VectorCodecConformance` checks what every codec promises: the same code for the same vector, scores
/// that are the inner products with what `decode` gives, and a decoding error that further bits make smaller.
public protocol VectorCodec: Sendable {
  var specification: CodecSpecification { get }
  /// Components of a vector.
  var dimension: Int { get }
  /// Components of what `decode` gives: `dimension`, except for codes that live in a space of their own.
  var decodedDimension: Int { get }
  /// Bytes of the part of a code that is read to compare it.
  var codeBytes: Int { get }
  /// Bytes of the part of a code that refines what is decoded, read for few rows only.
  var residualBytes: Int { get }
  /// Bytes of what all rows share.
  var sharedBytes: Int { get }
  /// A score differs from the inner product with the decoded vector by at most this fraction of both lengths.
  var scoreTolerance: Float { get }

  /// The codes of vectors, `codeBytes + residualBytes` for each.
  func encode(_ vectors: DenseVectors) -> [UInt8]
  /// What the codes stand for, as precisely as they tell.
  func decode(_ codes: [UInt8]) -> DenseVectors
  /// What the comparison knows of the codes: `decode` without the refining part.
  func decodeCoarsely(_ codes: [UInt8]) -> DenseVectors
  /// The vector whose inner products with decoded vectors are the scores; the query itself for most codecs.
  func image(of query: [Float]) -> [Float]
  /// Approximate inner products of a query with encoded vectors, by the comparison that indexes use.
  func scores(of query: [Float], codes: [UInt8]) -> [Float]
}

/// A codec as the indexes use it: on rows in memory, packed in blocks. Callers answer for the pointers.
protocol BlockCodec: VectorCodec {
  /// Rows are packed so many at a time; 1 for codes that lie one behind the other.
  var blockRows: Int { get }
  var blockBytes: Int { get }
  /// Bytes that a prepared query takes.
  var queryBytes: Int { get }
  /// Whether codes of a vector's difference from a nearby point make sense. Codes of a network do not.
  var codesDifferences: Bool { get }
  /// Whether `margins` tells how far scores may be off.
  var hasMargins: Bool { get }

  @unsafe func encode(
    _ row: UnsafePointer<Float>, into code: UnsafeMutablePointer<UInt8>, residual: UnsafeMutablePointer<UInt8>)
  /// The same for `count` rows, their codes and refining parts one after the other.
  @unsafe func encode(
    _ rows: UnsafePointer<Float>, count: Int, into codes: UnsafeMutablePointer<UInt8>,
    residuals: UnsafeMutablePointer<UInt8>)
  @unsafe func decode(
    _ code: UnsafePointer<UInt8>, residual: UnsafePointer<UInt8>?, into row: UnsafeMutablePointer<Float>)
  /// Packs `count` codes, at most `blockRows`, into a block of zeros.
  @unsafe func pack(_ codes: UnsafePointer<UInt8>, count: Int, into block: UnsafeMutablePointer<UInt8>)
  /// Takes one code out of a block.
  @unsafe func unpack(_ row: Int, of block: UnsafePointer<UInt8>, into code: UnsafeMutablePointer<UInt8>)
  @unsafe func prepare(_ query: UnsafePointer<Float>, _ prepared: CodeQuery)
  /// The scores of `count` rows from the start of `blocks`; `scores` has room for whole blocks.
  @unsafe func score(
    _ prepared: CodeQuery, _ blocks: UnsafePointer<UInt8>, count: Int, into scores: UnsafeMutablePointer<Float>)
  /// How far each score may be off for a query of length 1.
  @unsafe func margins(_ blocks: UnsafePointer<UInt8>, count: Int, into margins: UnsafeMutablePointer<Float>)
  /// The square of the length that distances are computed with: that of the row where scores are without bias for it,
  /// otherwise that of the decoded row.
  func squaredLength(ofRow row: Float, decoded: Float) -> Float
  /// What `sharedBytes` counts, for a file.
  func writeParameters(to writer: inout ByteWriter)
}

/// A query in the form that a codec compares codes with. Reused from search to search.
final class CodeQuery {
  let memory: AlignedMemory
  /// A score is `scale * something + offset`.
  var scale: Float = 0
  var offset: Float = 0

  init(for codec: any BlockCodec) {
    memory = AlignedMemory.zeroed(count: codec.queryBytes)
  }

  @unsafe func pointer<Element>(to _: Element.Type, at byte: Int = 0) -> UnsafeMutablePointer<Element> {
    unsafe (memory.start + byte).assumingMemoryBound(to: Element.self)
  }
}

// MARK: - What most codecs do

extension BlockCodec {
  var decodedDimension: Int { dimension }
  var residualBytes: Int { 0 }
  var blockRows: Int { 1 }
  var blockBytes: Int { codeBytes }
  var codesDifferences: Bool { true }
  var hasMargins: Bool { false }

  func pack(_ codes: UnsafePointer<UInt8>, count: Int, into block: UnsafeMutablePointer<UInt8>) {
    unsafe block.update(from: codes, count: count * codeBytes)
  }

  func unpack(_ row: Int, of block: UnsafePointer<UInt8>, into code: UnsafeMutablePointer<UInt8>) {
    unsafe code.update(from: block + row * codeBytes, count: codeBytes)
  }

  func margins(_ blocks: UnsafePointer<UInt8>, count: Int, into margins: UnsafeMutablePointer<Float>) {
    for index in 0..<count { unsafe margins[index] = .infinity }
  }

  func squaredLength(ofRow row: Float, decoded: Float) -> Float { decoded }

  func image(of query: [Float]) -> [Float] { query }

  func encode(
    _ rows: UnsafePointer<Float>, count: Int, into codes: UnsafeMutablePointer<UInt8>,
    residuals: UnsafeMutablePointer<UInt8>
  ) {
    for row in 0..<count {
      unsafe encode(
        rows + row * dimension, into: codes + row * codeBytes, residual: residuals + row * residualBytes)
    }
  }
}

// MARK: - On arrays

extension BlockCodec {
  func encode(_ vectors: DenseVectors) -> [UInt8] { CodeArrays(self).encode(vectors) }
  func decode(_ codes: [UInt8]) -> DenseVectors { CodeArrays(self).decode(codes, withResiduals: true) }
  func decodeCoarsely(_ codes: [UInt8]) -> DenseVectors { CodeArrays(self).decode(codes, withResiduals: false) }
  func scores(of query: [Float], codes: [UInt8]) -> [Float] { CodeArrays(self).scores(of: query, codes: codes) }
}
