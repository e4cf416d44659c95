/// The formats that have a reader.
public enum FileFormat: Hashable, Sendable {
  case plainText, markdown, html, pdf, jsonLines, mail
  /// Values separated by a character; nil if it is to be guessed from the first line.
  case delimited(separator: UInt8?)
  /// Source code or configuration in the language named.
  case code(language: String)

  /// What the payload field `type` says.
  public var kind: FileKind {
    switch self {
    case .plainText: .text
    case .markdown: .markdown
    case .html: .html
    case .pdf: .pdf
    case .jsonLines, .delimited: .record
    case .code: .code
    case .mail: .mail
    }
  }

  /// True if a file of this format holds many documents, each with a key of its own.
  public var holdsRecords: Bool { kind == .record }

  /// Finds the format from the name, and from the first bytes where the name does not tell.
  ///
  /// - Parameters:
  ///   - path: only the last component counts.
  ///   - head: the first few kilobytes.
  /// - Throws: `ReadingProblem.binary` if no reader fits.
  public init(path: String, head: [UInt8]) throws(ReadingProblem) {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    let fileExtension = Self.fileExtension(of: name)
    if head.starts(with: "%PDF-".utf8) {
      self = .pdf
      return
    }
    if Self.binaryExtensions.contains(fileExtension) { throw .binary }
    if Self.byExtension[fileExtension] == .pdf {
      // Some files have something before their mark; poppler finds it.
      self = .pdf
      return
    }
    guard TextDecoding.looksLikeText(head) else { throw .binary }
    let language = ProgrammingLanguage.named(fileName: name, fileExtension: fileExtension)
    self = Self.byExtension[fileExtension] ?? language.map { .code(language: $0) } ?? Self.sniffed(head)
  }

  /// The part after the last dot, in lower case; empty if there is none or the name begins with it.
  static func fileExtension(of name: String) -> String {
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return "" }
    return name[name.index(after: dot)...].lowercased()
  }

  private static func sniffed(_ head: [UInt8]) -> FileFormat {
    if let language = ProgrammingLanguage.ofShebang(in: head) { return .code(language: language) }
    let start = String(decoding: head.prefix(256), as: UTF8.self).drop(while: \.isWhitespace).lowercased()
    return start.hasPrefix("<!doctype html") || start.hasPrefix("<html") ? .html : .plainText
  }

  private static let byExtension: [String: FileFormat] = {
    var formats: [String: FileFormat] = [
      "pdf": .pdf, "eml": .mail, "jsonl": .jsonLines, "ndjson": .jsonLines,
      "csv": .delimited(separator: nil), "tsv": .delimited(separator: UInt8(ascii: "\t")),
      "tab": .delimited(separator: UInt8(ascii: "\t")),
    ]
    for name in ["txt", "text", "log", "rst", "org", "adoc", "asciidoc", "nfo", "srt", "vtt"] { formats[name] = .plainText }
    for name in ["md", "markdown", "mdown", "mkd", "mdx", "rmd", "qmd"] { formats[name] = .markdown }
    for name in ["html", "htm", "xhtml"] { formats[name] = .html }
    return formats
  }()

  /// Extensions whose contents are never text; they need not be opened.
  private static let binaryExtensions: Set<String> = Set(
    """
    7z a avi bin bmp bz2 class db deb dll dmg doc docx dylib eot epub exe flac gguf gif gz heic ico iso jar jpeg jpg lib lz4 m4a m4v \
    mkv mov mp3 mp4 npy npz o obj odp ods odt ogg onnx opus otf parquet pickle pkl png ppt pptx psd pyc rar rpm safetensors so \
    sqlite sqlite3 tar tgz tif tiff ttf wasm wav webm webp woff woff2 xls xlsx xz zip zst
    """.split(separator: " ").map(String.init))
}
