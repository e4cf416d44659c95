internal import Foundation
internal import NeedletailNumerics

/// The lines of a text file, plain or compressed by gzip, with the errors of this room.
struct TextLines: ~Copyable {
  private var reader: LineReader

  init(of path: String) throws(EvaluationError) {
    do {
      reader = try LineReader(path: path)
    } catch {
      throw .file(error)
    }
  }

  /// The number of the line last returned, from 1.
  var number: Int { reader.lineNumber }

  /// The next line; nil after the last.
  mutating func next() throws(EvaluationError) -> String? {
    do {
      return try reader.next()
    } catch {
      throw .file(error)
    }
  }

  /// The fields of the next line that is not blank; nil after the last.
  ///
  /// - Parameter tabsOnly: whether fields stand between tabs and may hold spaces, or between spaces and tabs.
  mutating func nextFields(tabsOnly: Bool = false) throws(EvaluationError) -> [Substring]? {
    while let line = try next() {
      let fields = line.split { $0 == "\t" || ($0 == " " && !tabsOnly) }
      if !fields.isEmpty { return fields }
    }
    return nil
  }

  func malformed(_ reason: String) -> EvaluationError {
    .malformedLine(path: reader.path, line: number, reason: reason)
  }
}

enum TextFile {
  /// Writes a file in one go: it has all of the text or does not change.
  static func write(_ text: String, to path: String) throws(EvaluationError) {
    do {
      try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw .cannotWrite(path: path, reason: error.localizedDescription)
    }
  }
}
