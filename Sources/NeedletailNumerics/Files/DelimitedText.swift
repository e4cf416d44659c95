/// Splits text of separated values into rows (RFC 4180), fed piece by piece.
///
/// Deviations: any line end counts; a quote inside an unquoted field is a plain character; text after a closing quote is
/// appended to the field.
public struct DelimitedText: Sendable {
  /// What is wrong with a text.
  public struct Flaw: Error, Hashable, Sendable {
    public let reason: String
  }

  private enum State { case fieldStart, unquoted, quoted, afterQuote }

  private let separator: UInt8
  private let limit: Int
  private var state = State.fieldStart
  private var field: [UInt8] = []
  private var row: [[UInt8]] = []
  private var rowBytes = 0
  private var previousWasReturn = false

  /// - Parameters:
  ///   - separator: what stands between fields, in ASCII.
  ///   - limit: the most bytes a row may have.
  public init(separator: UInt8, limit: Int) {
    self.separator = separator
    self.limit = limit
  }

  /// The rows that end in this piece; blank lines are no rows.
  public mutating func split(_ piece: [UInt8]) throws(Flaw) -> [[[UInt8]]] {
    var rows: [[[UInt8]]] = []
    for byte in piece {
      rowBytes += 1
      guard rowBytes <= limit else {
        throw Flaw(reason: "a row is longer than \(limit) bytes; is a quote unclosed?")
      }
      if state == .quoted {
        if byte == UInt8(ascii: "\"") { state = .afterQuote } else { field.append(byte) }
        continue
      }
      switch byte {
      case separator: endField()
      case 0x0A, 0x0D:
        // The second half of CR LF ends nothing.
        if byte == 0x0D || !previousWasReturn, let row = endRow() { rows.append(row) }
      case UInt8(ascii: "\"") where state == .fieldStart: state = .quoted
      case UInt8(ascii: "\"") where state == .afterQuote:
        field.append(byte)
        state = .quoted
      default:
        field.append(byte)
        state = .unquoted
      }
      previousWasReturn = byte == 0x0D
    }
    return rows
  }

  /// The last row, if the file does not end with a line end.
  public mutating func finish() throws(Flaw) -> [[UInt8]]? {
    guard state != .quoted else { throw Flaw(reason: "the last quoted field is not closed") }
    return endRow()
  }

  private mutating func endField() {
    row.append(field)
    field.removeAll(keepingCapacity: true)
    state = .fieldStart
  }

  private mutating func endRow() -> [[UInt8]]? {
    endField()
    let isBlank = row.count == 1 && row[0].isEmpty
    let complete = row
    row.removeAll(keepingCapacity: true)
    rowBytes = 0
    return isBlank ? nil : complete
  }

  /// The separator of a file by its first line: the candidate that occurs there most often outside of quotes.
  public static func guessSeparator(_ head: [UInt8]) -> UInt8 {
    var counts: [UInt8: Int] = [:]
    var isQuoted = false
    for byte in head {
      if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
      if isQuoted { continue }
      if byte == 0x0A || byte == 0x0D { break }
      counts[byte, default: 0] += 1
    }
    let candidates: [UInt8] = [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t"), UInt8(ascii: "|")]
    // `max` keeps the last of equals; reversed, a comma wins over the others.
    return candidates.reversed().max { counts[$0, default: 0] < counts[$1, default: 0] } ?? candidates[0]
  }
}
