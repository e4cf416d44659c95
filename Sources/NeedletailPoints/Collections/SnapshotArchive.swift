internal import Foundation
internal import NeedletailStore

/// Files one after the other in a single one, in the format of `tar` (POSIX.1-1988, `ustar`), as far as plain files need it.
enum SnapshotArchive {
  struct Member: Hashable {
    var name: String
    /// Where its bytes are in the archive.
    var range: Range<UInt64>
  }

  private static let block = 512
  private static let piece = 1 << 20

  /// Writes an archive, which appears under its name when it is complete and on the disk.
  static func write(_ members: [(name: String, path: String)], to path: String) throws {
    let unfinished = path + ".partial"
    defer { try? FileManager.default.removeItem(atPath: unfinished) }
    guard FileManager.default.createFile(atPath: unfinished, contents: nil), let archive = FileHandle(forWritingAtPath: unfinished) else {
      throw StoreError.cannotAccess(path: unfinished, reason: "it cannot be written to")
    }
    for member in members {
      let size = FileSystem.size(of: member.path) ?? 0
      try archive.write(contentsOf: header(member.name, size: size))
      guard let file = FileHandle(forReadingAtPath: member.path) else { throw StoreError.cannotAccess(path: member.path, reason: "it cannot be read") }
      while let bytes = try file.read(upToCount: piece), !bytes.isEmpty { try archive.write(contentsOf: bytes) }
      try file.close()
      try archive.write(contentsOf: Data(count: (block - size % block) % block))
    }
    try archive.write(contentsOf: Data(count: 2 * block))
    try archive.synchronize()
    try archive.close()
    try FileSystem.move(unfinished, to: path)
  }

  private static func header(_ name: String, size: Int) -> Data {
    var bytes = [UInt8](repeating: 0, count: block)
    func put(_ text: String, at offset: Int) { bytes.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8) }
    func octal(_ value: Int, _ digits: Int) -> String {
      let text = String(value, radix: 8)
      return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
    put(String(name.prefix(99)), at: 0)
    put("0000600", at: 100)
    put("0000000", at: 108)
    put("0000000", at: 116)
    if size < 1 << 33 {
      put(octal(size, 11), at: 124)
    } else {
      // Beyond 8 GiB the size is a binary number with the highest bit set.
      bytes[124] = 0x80
      for place in 0..<8 { bytes[128 + place] = UInt8(truncatingIfNeeded: size >> (8 * (7 - place))) }
    }
    put("00000000000", at: 136)
    bytes[156] = UInt8(ascii: "0")
    put("ustar", at: 257)
    put("00", at: 263)
    for place in 148..<156 { bytes[place] = UInt8(ascii: " ") }
    put(octal(bytes.reduce(0) { $0 + Int($1) }, 6), at: 148)
    bytes[154] = 0
    return Data(bytes)
  }

  /// The members of an archive, which may come from anywhere.
  ///
  /// - Throws: `PointError.badRequest` for anything but a complete archive of plain files whose names lead nowhere else.
  static func members(of path: String) throws -> [Member] {
    guard let archive = FileHandle(forReadingAtPath: path), let total = FileSystem.size(of: path).map(UInt64.init) else {
      throw PointError.badRequest("Snapshot file \"\(path)\" does not exist")
    }
    defer { try? archive.close() }
    func damaged(_ reason: String) -> PointError { .badRequest("the snapshot of the storage is damaged: \(reason)") }
    var members: [Member] = []
    var position: UInt64 = 0
    while true {
      try archive.seek(toOffset: position)
      guard let data = try archive.read(upToCount: block), data.count == block else { throw damaged("it is cut off") }
      let bytes = [UInt8](data)
      if bytes.allSatisfy({ $0 == 0 }) { return members }
      guard let sum = number(bytes[148..<156]), sum == checksum(bytes) else { throw damaged("the sum of a header is wrong") }
      let name = String(decoding: bytes[0..<100].prefix { $0 != 0 }, as: UTF8.self)
      guard bytes[156] == UInt8(ascii: "0") || bytes[156] == 0, !name.isEmpty, !name.contains("/"), !name.hasPrefix(".") else {
        throw damaged("\(name.prefix(40)) is no plain file in it")
      }
      let start = position + UInt64(block)
      guard let size = size(bytes), size <= total, start + size <= total else { throw damaged("\(name) is cut off") }
      guard !members.contains(where: { $0.name == name }) else { throw damaged("\(name) is in it twice") }
      members.append(Member(name: name, range: start..<start + size))
      position = start + (size + UInt64(block) - 1) / UInt64(block) * UInt64(block)
    }
  }

  private static func size(_ header: [UInt8]) -> UInt64? {
    guard header[124] & 0x80 != 0 else { return number(header[124..<136]) }
    guard header[124] == 0x80, header[125..<128].allSatisfy({ $0 == 0 }) else { return nil }
    return header[128..<136].reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// An octal number, spaces and zero bytes around it.
  private static func number(_ field: ArraySlice<UInt8>) -> UInt64? {
    let text = String(decoding: field, as: UTF8.self).trimmingCharacters(in: CharacterSet(charactersIn: " \0"))
    return UInt64(text, radix: 8)
  }

  /// The sum over a header with blanks in the place of the sum.
  private static func checksum(_ header: [UInt8]) -> UInt64 {
    header.enumerated().reduce(0) { $0 + ((148..<156).contains($1.offset) ? 32 : UInt64($1.element)) }
  }

  /// Copies a member into a file of its own.
  static func extract(_ member: Member, of path: String, to target: String) throws {
    guard let archive = FileHandle(forReadingAtPath: path), FileManager.default.createFile(atPath: target, contents: nil),
      let file = FileHandle(forWritingAtPath: target)
    else { throw StoreError.cannotAccess(path: target, reason: "it cannot be written to") }
    defer { try? archive.close() }
    try archive.seek(toOffset: member.range.lowerBound)
    var rest = Int(member.range.count)
    while rest > 0, let bytes = try archive.read(upToCount: min(rest, piece)), !bytes.isEmpty {
      try file.write(contentsOf: bytes)
      rest -= bytes.count
    }
    try file.close()
  }
}
