internal import Foundation
internal import NeedletailCore
internal import NeedletailNumerics

/// The texts of a file, a JSON object to a line with `_id`, `text` and perhaps `title`, as in BEIR's collections (Thakur et al., NeurIPS
/// 2021 Datasets and Benchmarks); also compressed by gzip.
struct TextRecords: ~Copyable {
  private struct Record: Decodable {
    var id: String
    var title: String?
    var text: String

    private enum CodingKeys: String, CodingKey {
      case id = "_id"
      case title, text
    }
  }

  private let path: String
  private let decoder = JSONDecoder()
  private var lines: LineReader

  init(path: String) throws(FileError) {
    self.path = path
    lines = try LineReader(path: path)
  }

  /// The next text, after its title if it has one; nil at the end. Empty lines do not count.
  ///
  /// - Throws: `ModelError.malformedFile` with the number of the line; `FileError`.
  mutating func next() throws -> (id: String, text: String)? {
    while let line = try lines.next() {
      if line.isEmpty { continue }
      guard let record = try? decoder.decode(Record.self, from: Data(line.utf8)) else {
        throw ModelError.malformedFile(path: path, reason: "line \(lines.lineNumber) is not a JSON object with the texts _id and text")
      }
      let title = record.title ?? ""
      return (record.id, title.isEmpty ? record.text : title + "\n" + record.text)
    }
    return nil
  }
}
