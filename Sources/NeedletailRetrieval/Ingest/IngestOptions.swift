/// Which files below a root are taken.
public struct FileSelection: Hashable, Codable, Sendable {
  /// Files and folders whose name begins with a dot.
  public var includesHidden = false
  /// `.gitignore` and `.needletailignore`. A file that is named itself is taken whatever they say.
  public var respectsIgnoreFiles = true
  /// Symbolic links below the root. Without, links are passed over: what they point to inside the root is found anyway,
  /// and what is outside was not asked for.
  public var followsLinks = false

  public init() {}
}

/// What an embedder gets to see of a passage besides its text.
public enum PassageContext: String, Codable, Hashable, Sendable, CaseIterable {
  /// Nothing.
  case none
  /// The title of the document.
  case title
  /// The title and the headings above the passage.
  case titleAndHeadings
}

/// How documents are read, cut and written.
public struct IngestOptions: Hashable, Sendable {
  public var files = FileSelection()
  public var limits = ReadingLimits()
  public var recordFields = RecordFields()

  /// What goes before the text of a passage when it is embedded.
  ///
  /// With the title as default a passage from the middle of a document still says what it is about, and the benchmarks of
  /// the BEIR family, whose documents are title and text, are measured as published.
  public var context = PassageContext.titleAndHeadings
  /// Cuts long documents into passages. Without, each document is one passage, of which the model sees the beginning: the
  /// protocol of benchmarks that judge documents.
  public var splitsDocuments = true
  /// Tokens per passage, its context and the special tokens of the model included; nil: what the model takes.
  public var passageTokens: Int?
  /// Tokens that neighbouring passages share; nil: an eighth of the budget.
  public var overlapTokens: Int?

  /// Tokens that are embedded in one call.
  public var batchTokens = 8192
  /// A transaction is committed when it holds this many documents, …
  public var commitDocuments = 2000
  /// … this many passages, …
  public var commitPassages = 4000
  /// … or when this much time has passed since the last one: what an interruption can cost.
  public var commitSeconds = 1.5
  /// Text that may wait between reading and embedding.
  public var queuedBytes = 16 << 20

  /// Reads files again whose size and time of change are as before.
  public var rereadsUnchanged = false
  /// Embeds texts again whose contents are as before; for changed options.
  public var reindexesUnchanged = false

  public init() {}
}
