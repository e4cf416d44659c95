/// A heading that a reader found while it took a document apart.
public struct Heading: Hashable, Sendable {
  /// 1 is the outermost.
  public var level: Int
  public var title: String
  /// Where the heading begins in the text's UTF-8 bytes; the text up to the next heading belongs to it.
  public var byteOffset: Int

  public init(level: Int, title: String, byteOffset: Int) {
    self.level = level
    self.title = title
    self.byteOffset = byteOffset
  }
}

/// What a chunker may know of how a text is laid out.
public enum TextStructure: Hashable, Sendable {
  /// Paragraphs with blank lines between them.
  case plain
  /// CommonMark: headings, lists, tables, fenced code.
  case markdown
  /// A program: blocks set off by blank lines and by indentation.
  case code
  /// Plain paragraphs, with headings in the order of their offsets.
  case outline([Heading])
}
