public import NeedletailCore
public import NeedletailText

/// What a file is, as far as searching is concerned. Written to the payload field `type`.
public enum FileKind: String, Codable, Hashable, Sendable, CaseIterable {
  case text, markdown, html, pdf, record, code, mail
}

/// What a reader makes of a file, or of one record in it.
public struct ReadDocument: Hashable, Sendable {
  /// Tells apart the records of one file; nil if the whole file is one document.
  public var key: String?
  /// What a person would call it; empty if the contents do not say.
  public var title: String
  /// The text to search, with `\n` line ends and without NUL.
  public var text: String
  /// Where the headings stand in `text`.
  public var structure: TextStructure
  /// What the contents say about themselves: front matter, mail headers, fields of a record.
  public var payload: Payload

  public init(key: String? = nil, title: String = "", text: String, structure: TextStructure = .plain, payload: Payload = [:]) {
    self.key = key
    self.title = title
    self.text = text
    self.structure = structure
    self.payload = payload
  }
}

/// Turns a file into documents.
///
/// A reader is a value without state: the same contents give the same documents. Whatever the bytes are, it returns or
/// throws within time linear in their number, up to small factors.
public protocol DocumentReader: Sendable {
  /// Hands the documents of the file to `receive` in the order of the file.
  ///
  /// - Throws: `ReadingProblem` if the file cannot be read, or what `receive` throws. Documents handed over before stay
  ///   valid.
  func read(_ file: SourceFile, receive: (ReadDocument) async throws -> Void) async throws
}

/// Limits that keep one odd file from spoiling a run.
public struct ReadingLimits: Hashable, Codable, Sendable {
  /// Largest file that is held in memory as a whole: text, Markdown, HTML, source code, mail.
  public var textBytes = 64 << 20
  /// Largest file of records; these are read piece by piece.
  public var recordFileBytes = 16 << 30
  /// Largest single record.
  public var recordBytes = 16 << 20
  /// Most text taken from one PDF file.
  public var pdfTextBytes = 64 << 20
  /// Time that the program reading a PDF file may take.
  public var pdfSeconds = 120.0

  public init() {}
}

/// Which fields of a record mean what. What is left out is guessed from the names of the fields.
public struct RecordFields: Hashable, Codable, Sendable {
  /// Fields that make the text, joined by line ends in this order.
  public var text: [String]?
  public var title: String?
  public var id: String?
  /// Fields that go to the payload; nil stands for all that are neither text, title nor id.
  public var payload: [String]?

  public init(text: [String]? = nil, title: String? = nil, id: String? = nil, payload: [String]? = nil) {
    self.text = text
    self.title = title
    self.id = id
    self.payload = payload
  }
}

/// The built-in readers behind one choice.
public struct DocumentReaders: Sendable {
  public var limits: ReadingLimits
  public var recordFields: RecordFields

  public init(limits: ReadingLimits = ReadingLimits(), recordFields: RecordFields = RecordFields()) {
    self.limits = limits
    self.recordFields = recordFields
  }

  /// The reader for a format.
  public func reader(for format: FileFormat) -> any DocumentReader {
    switch format {
    case .plainText: PlainTextReader(limits: limits)
    case .markdown: MarkdownReader(limits: limits)
    case .html: HTMLReader(limits: limits)
    case .pdf: PDFReader(limits: limits)
    case .jsonLines: JSONLinesReader(limits: limits, fields: recordFields)
    case .delimited(let separator): DelimitedTextReader(limits: limits, fields: recordFields, separator: separator)
    case .code(let language): SourceCodeReader(limits: limits, language: language)
    case .mail: MailReader(limits: limits)
    }
  }
}
