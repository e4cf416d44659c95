internal import Foundation
internal import NeedletailNumerics

/// A file of separated values whose first row names the columns.
struct Table {
  /// A row by the names of its columns.
  struct Row {
    fileprivate(set) var cells: [String: String]
    fileprivate let path: String
    fileprivate let number: Int

    func cell(_ column: String) throws(EvaluationError) -> String {
      guard let cell = cells[column] else {
        throw malformed("there is no column \(column); there are \(cells.keys.sorted().joined(separator: ", "))")
      }
      return cell
    }

    /// Rows count from 1, the header included; in a file with quoted line ends that is not the line.
    func malformed(_ reason: String) -> EvaluationError { .malformedLine(path: path, line: number, reason: reason) }
  }

  let path: String
  /// Whether fields may stand in quotes; otherwise a quote is a character like any other.
  var isQuoted = true

  private static let maximumRowBytes = 16 << 20

  func forEach(_ body: (Row) throws(EvaluationError) -> Void) throws(EvaluationError) {
    let bytes: [UInt8]
    do throws(FileError) {
      var reader = try GzipReader(path: path)
      var all: [UInt8] = []
      while true {
        let piece = try reader.read()
        if piece.isEmpty { break }
        all += piece
      }
      bytes = all.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(all.dropFirst(3)) : all
    } catch {
      throw .file(error)
    }
    var number = 0
    var names: [String] = []
    for row in try rows(of: bytes) {
      number += 1
      var cells: [String] = []
      for cell in row {
        guard let text = String(validating: cell, as: UTF8.self) else {
          throw .malformedLine(path: path, line: number, reason: "it is not UTF-8")
        }
        cells.append(text)
      }
      if number == 1 {
        names = cells.map { $0.trimmingCharacters(in: .whitespaces) }
        continue
      }
      guard cells.count == names.count else {
        throw .malformedLine(path: path, line: number, reason: "\(cells.count) cells under \(names.count) names")
      }
      try body(Row(cells: Dictionary(zip(names, cells)) { first, _ in first }, path: path, number: number))
    }
  }

  private func rows(of bytes: [UInt8]) throws(EvaluationError) -> [[[UInt8]]] {
    let isTabbed = path.hasSuffix(".tsv") || path.hasSuffix(".tsv.gz")
    let separator = isTabbed ? UInt8(ascii: "\t") : DelimitedText.guessSeparator(bytes)
    if !isQuoted {
      return bytes.split { $0 == 0x0A || $0 == 0x0D }.map { line in
        line.split(separator: separator, omittingEmptySubsequences: false).map(Array.init)
      }
    }
    do throws(DelimitedText.Flaw) {
      var splitter = DelimitedText(separator: separator, limit: Self.maximumRowBytes)
      var rows = try splitter.split(bytes)
      if let last = try splitter.finish() { rows.append(last) }
      return rows
    } catch {
      throw .malformedLine(path: path, line: 1, reason: error.reason)
    }
  }
}
