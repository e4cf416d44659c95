internal import NeedletailCore
internal import NeedletailNumerics

/// Reads comma or tab separated values. The first row names the fields; each other row is a document of its own.
///
/// The file is read piece by piece; it may be much larger than memory.
public struct DelimitedTextReader: DocumentReader {
  private let limits: ReadingLimits
  private let fields: RecordFields
  private let separator: UInt8?

  /// - Parameters:
  ///   - limits: how large a record may be.
  ///   - fields: which columns are title, text and metadata.
  ///   - separator: nil if it is to be guessed from the first line.
  public init(limits: ReadingLimits = ReadingLimits(), fields: RecordFields = RecordFields(), separator: UInt8? = nil) {
    self.limits = limits
    self.fields = fields
    self.separator = separator
  }

  public func read(_ file: SourceFile, receive: (ReadDocument) async throws -> Void) async throws {
    var pieces = try RecordPieces(file, limits: limits)
    guard let first = try pieces.next() else { return }
    var splitter = DelimitedText(separator: separator ?? DelimitedText.guessSeparator(first), limit: limits.recordBytes)
    var assembly = RecordAssembly(fields: fields)
    var names: [String]?
    var piece: [UInt8]? = first
    while let current = piece {
      let following = try pieces.next()
      let rows = try Self.rows(of: current, isLast: following == nil, by: &splitter)
      piece = following
      for row in rows {
        guard let header = names else {
          names = try Self.names(ofHeader: row)
          continue
        }
        let values = try Self.values(of: row, names: header)
        if let document = assembly.document(names: header, values: values) { try await receive(document) }
      }
    }
  }

  private static func rows(
    of piece: [UInt8], isLast: Bool, by splitter: inout DelimitedText
  ) throws(ReadingProblem) -> [[[UInt8]]] {
    do throws(DelimitedText.Flaw) {
      let rows = try splitter.split(piece)
      if isLast, let last = try splitter.finish() { return rows + [last] }
      return rows
    } catch {
      throw .malformed(format: "separated values", reason: error.reason)
    }
  }

  /// Blank and repeated names get the number of their column.
  private static func names(ofHeader row: [[UInt8]]) throws(ReadingProblem) -> [String] {
    var names: [String] = []
    var seen: Set<String> = []
    for (column, bytes) in row.enumerated() {
      var name = try TextDecoding.decode(bytes).split(whereSeparator: \.isWhitespace).joined(separator: " ")
      if name.isEmpty { name = "column\(column + 1)" }
      if !seen.insert(name).inserted {
        name += "~\(column + 1)"
        seen.insert(name)
      }
      names.append(name)
    }
    return names
  }

  /// Numbers become numbers, so that range filters work; cells beyond the header have no name and are dropped.
  private static func values(of row: [[UInt8]], names: [String]) throws(ReadingProblem) -> Payload {
    var values: Payload = [:]
    for (name, bytes) in zip(names, row) {
      let text = try TextDecoding.decode(bytes)
      values[name] = FrontMatter.number(text[...]) ?? .string(text)
    }
    return values
  }
}
