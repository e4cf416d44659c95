internal import NeedletailNumerics

/// The checksum of a file as SQLite remembers it.
enum FileChecksum {
  static func of(_ path: String) throws(FileError) -> (bytes: Int, checksum: UInt32) {
    let file = try MappedFile(path: path)
    file.advise(.sequential)
    let checksum = unsafe file.withUnsafeBytes { bytes in Checksum.crc32(unsafe RawSpan(_unsafeBytes: bytes)) }
    return (file.count, checksum)
  }
}
