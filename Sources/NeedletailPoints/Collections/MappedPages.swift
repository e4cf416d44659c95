internal import Foundation

/// How much of mapped files is in memory, as the system tells it of the whole process at one moment.
public struct MappedPages: Sendable {
  /// The text of `/proc/self/smaps`; empty where there is none.
  private let maps: String

  /// Asks the system, which takes the longer the more is mapped: once for all collections that are looked at together.
  public init() {
    // Foundation reads no more than a page of files whose size is not known.
    let bytes = (try? FileHandle(forReadingAtPath: "/proc/self/smaps")?.readToEnd()) ?? nil
    maps = bytes.map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  /// Bytes of the mapped files of a folder; 0 where the system does not say.
  func residentBytes(below folder: String) -> Int {
    Self.residentBytes(below: URL(fileURLWithPath: folder).resolvingSymlinksInPath().path + "/", in: maps)
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
