package import NeedletailNumerics

/// Tells whether a file is the one that was written, without reading all of it.
///
/// The index formats check every byte when they are opened, against checksums they carry themselves. What they cannot
/// know is whether the file belongs here; the length and both ends, where those checksums stand, tell that.
package enum FileIdentity {
  private static let endBytes = 4_096

  package static func of(_ path: String) throws(FileError) -> (bytes: Int, checksum: UInt32) {
    let file = try MappedFile(path: path)
    let ends = unsafe file.withUnsafeBytes { bytes in unsafe Array(bytes.prefix(endBytes)) + Array(bytes.suffix(endBytes)) }
    return (file.count, Checksum.crc32(ends))
  }
}
