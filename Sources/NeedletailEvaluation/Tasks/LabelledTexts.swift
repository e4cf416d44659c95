internal import Foundation
public import NeedletailCore
internal import NeedletailNumerics

/// A text that somebody put into a class.
public struct LabelledText: Hashable, Sendable {
  public var id: String
  public var label: String
  /// Title and text, joined by ". " where there is a title.
  public var text: String

  public init(id: String, label: String, text: String) {
    self.id = id
    self.label = label
    self.text = text
  }
}

/// Reads collections of records line by line.
public enum RecordFile {
  /// The records of a file of JSON objects, one a line, compressed by gzip or not.
  ///
  /// - Throws: `EvaluationError.malformedLine` with the line if one is no JSON object; `FileError` if the file cannot be read.
  public static func read(path: String) throws -> [[String: JSONValue]] {
    var lines = try LineReader(path: path)
    var records: [[String: JSONValue]] = []
    while let line = try lines.next() {
      guard !line.allSatisfy(\.isWhitespace) else { continue }
      guard let record = try? JSONDecoder().decode([String: JSONValue].self, from: Data(line.utf8)) else {
        throw EvaluationError.malformedLine(path: path, line: lines.lineNumber, reason: "it is not a JSON object")
      }
      records.append(record)
    }
    return records
  }

  /// Texts with a `label`, and a `title` besides `text` where there is one.
  public static func readLabelledTexts(path: String) throws -> [LabelledText] {
    try read(path: path).enumerated().map { number, record in
      guard let label = record["label"]?.string, let text = record["text"]?.string else {
        throw EvaluationError.malformedLine(path: path, line: number + 1, reason: "it lacks `label` or `text`")
      }
      let title = record["title"]?.string ?? ""
      return LabelledText(
        id: record["_id"]?.string ?? String(number), label: label, text: title.isEmpty ? text : "\(title). \(text)")
    }
  }
}
