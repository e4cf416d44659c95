internal import Foundation
internal import NeedletailCore

/// Reads one JSON object a line, each a document of its own.
///
/// The file is read piece by piece; it may be much larger than memory.
public struct JSONLinesReader: DocumentReader {
  private let limits: ReadingLimits
  private let fields: RecordFields

  public init(limits: ReadingLimits = ReadingLimits(), fields: RecordFields = RecordFields()) {
    self.limits = limits
    self.fields = fields
  }

  public func read(_ file: SourceFile, receive: (ReadDocument) async throws -> Void) async throws {
    var assembly = RecordAssembly(fields: fields)
    var lines = LineSplitter(limit: limits.recordBytes)
    var pieces = try RecordPieces(file, limits: limits)
    var number = 0
    var isAtEnd = false
    while !isAtEnd {
      let piece = try pieces.next()
      isAtEnd = piece == nil
      for line in try piece.map({ piece throws(ReadingProblem) in try lines.split(piece) }) ?? [lines.rest] {
        number += 1
        if let document = try document(of: line, number: number, assembly: &assembly) { try await receive(document) }
      }
    }
  }

  private func document(
    of line: [UInt8], number: Int, assembly: inout RecordAssembly
  ) throws(ReadingProblem) -> ReadDocument? {
    guard line.contains(where: { !HTMLTokenizer.isSpace($0) }) else { return nil }
    let value: JSONValue
    do { value = try JSONDecoder().decode(JSONValue.self, from: Data(try TextDecoding.decode(line).utf8)) } catch {
      throw .malformed(format: "JSON lines", reason: "line \(number) is not JSON")
    }
    guard case .object(let values) = value else { throw .malformed(format: "JSON lines", reason: "line \(number) is not an object") }
    // The decoder forgets the order of the fields; their names in order are the next best stable one.
    return assembly.document(names: values.keys.sorted(), values: values)
  }
}

/// Cuts pieces of a file into lines.
struct LineSplitter {
  /// The line that has no end yet.
  private(set) var rest: [UInt8] = []
  private let limit: Int

  init(limit: Int) { self.limit = limit }

  /// The lines that end in this piece, without their ends.
  mutating func split(_ piece: [UInt8]) throws(ReadingProblem) -> [[UInt8]] {
    var lines: [[UInt8]] = []
    var start = 0
    while let end = piece[start...].firstIndex(of: UInt8(ascii: "\n")) {
      lines.append(rest + piece[start..<end])
      rest.removeAll(keepingCapacity: true)
      start = end + 1
    }
    rest += piece[start...]
    guard rest.count <= limit else { throw .tooLarge(bytes: rest.count, limit: limit) }
    return lines
  }
}

/// The bytes of a file of records in an encoding where line ends and separators are single bytes: as they are, or made
/// UTF-8 from UTF-16, for which the file has to fit into memory.
struct RecordPieces {
  private var pieces: FilePieces
  private let limit: Int
  private var total = 0

  init(_ file: SourceFile, limits: ReadingLimits) throws(ReadingProblem) {
    limit = limits.recordFileBytes
    let head = try file.head()
    let isWide = head.starts(with: [0xFF, 0xFE]) || head.starts(with: [0xFE, 0xFF]) || head.contains(0)
    guard isWide else {
      pieces = try file.pieces()
      return
    }
    let text = try TextDecoding.decode(try file.contents(limit: limits.textBytes))
    pieces = FilePieces(bytes: Array(text.utf8), size: 1 << 20)
  }

  mutating func next() throws(ReadingProblem) -> [UInt8]? {
    guard let piece = try pieces.next() else { return nil }
    let isFirst = total == 0
    total += piece.count
    guard total <= limit else { throw .tooLarge(bytes: total, limit: limit) }
    return isFirst && piece.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(piece.dropFirst(3)) : piece
  }
}
