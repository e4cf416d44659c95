internal import NeedletailNumerics

/// A codec in a file of its own: what all rows share, with a checksum.
public enum CodecFile {
  /// Writes a codec. The file appears complete or not at all.
  public static func write(_ codec: any VectorCodec, to path: String) throws(IndexError) {
    guard let codec = codec as? any BlockCodec else {
      throw .invalidParameter("a codec of type \(type(of: codec)) has no file format")
    }
    try IndexFile(layout: .codec, sections: [.codec: Region(CodecBytes.bytes(of: codec))]).write(to: path)
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
