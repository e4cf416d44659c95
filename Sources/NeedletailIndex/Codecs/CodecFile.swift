internal import NeedletailNumerics

/// A codec in a file of its own: what all rows share, with a checksum.
public enum CodecFile {
  /// Writes a codec. The file appears complete or not at all.
  ///
  /// - Parameters:
  ///   - codec: one of the codecs of this room.
  ///   - verifier: what vectors on disk become where this codec's codes propose; see `BiGranularTraining`.
  ///   - path: the file.
  public static func write(
    _ codec: any VectorCodec, verifier: Projection? = nil, to path: String
  ) throws(IndexError) {
    guard let codec = codec as? any BlockCodec else {
      throw .invalidParameter("a codec of type \(type(of: codec)) has no file format")
    }
    var sections = [SectionTag.codec: Region(CodecBytes.bytes(of: codec))]
    if let verifier { sections[.verifier] = Region(verifier.bytes) }
    try IndexFile(layout: .codec, sections: sections).write(to: path)
  }

  /// Reads the verifier that was written with a codec; nil if there is none.
  public static func readVerifier(_ path: String) throws(IndexError) -> Projection? {
    guard let region = try IndexFile(path: path, pool: .shared).sections[.verifier] else { return nil }
    guard let verifier = unsafe Projection(bytes: Array(region.bytes)) else {
      throw .corrupted(path: path, reason: "its verifier is not readable")
    }
    return verifier
  }

  /// Reads a codec.
  ///
  /// - Throws: `corrupted` for a damaged file, `file` if it cannot be opened.
  public static func read(_ path: String) throws(IndexError) -> any VectorCodec {
    let file = try IndexFile(path: path, pool: .shared)
    guard file.layout == .codec, let region = file.sections[.codec],
      let codec = unsafe CodecBytes.codec(from: Array(region.bytes))
    else { throw .corrupted(path: path, reason: "it is not the file of a codec") }
    return codec
  }
}
