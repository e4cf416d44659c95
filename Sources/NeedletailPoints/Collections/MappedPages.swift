internal import Foundation

/// How much of mapped files is in memory, as the system tells it.
enum MappedPages {
  /// Bytes of the mapped files of a folder; 0 where the system does not say.
  static func residentBytes(below folder: String) -> Int {
    // Foundation reads no more than a page of files whose size is not known.
    guard let file = FileHandle(forReadingAtPath: "/proc/self/smaps"), let bytes = try? file.readToEnd() else { return 0 }
    let maps = String(decoding: bytes, as: UTF8.self)
    let folder = URL(fileURLWithPath: folder).resolvingSymlinksInPath().path + "/"
    return residentBytes(below: folder, in: maps)
  }

  /// The same from the text of `/proc/PID/smaps`: a line with addresses and path for each mapping, and one `Rss: N kB` after it.
  static func residentBytes(below folder: String, in maps: String) -> Int {
    var total = 0
    var counts = false
    for line in maps.utf8.split(separator: UInt8(ascii: "\n")) {
      let line = Substring(line)
      if let path = line.firstIndex(of: "/"), line.prefix(while: { $0 != " " }).contains("-") {
        counts = line[path...].hasPrefix(folder)
      } else if line.prefix(while: { $0 != " " }).contains("-") {
        counts = false
      } else if counts, line.hasPrefix("Rss:") {
        total += (line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) << 10
      }
    }
    return total
  }
}
