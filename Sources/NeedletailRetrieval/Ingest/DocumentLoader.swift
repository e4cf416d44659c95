public import NeedletailCore
internal import NeedletailText

/// Reads documents into memory, for work that wants all of them at once: learning a model from them, sorting them into topics.
///
/// The files are chosen and read as for an index, but nothing is cut, stored or embedded. A title that is only the name of the file, which
/// an index shows for want of another, is left out: nobody wrote it as text, and where files are named after topics it would give them away.
public struct DocumentLoader: Sendable {
  private let options: IngestOptions

  /// - Parameter options: which files are taken, and which fields of records; the rest does not matter here.
  public init(options: IngestOptions = IngestOptions()) {
    self.options = options
  }

  /// What was read.
  public struct Loaded: Sendable {
    /// By path, and within a file of records in its order.
    public var documents: [Document] = []
    /// Files that could not be read, wholly or in part.
    public var problems: [IngestProblem] = []
  }

  /// Reads everything below files and folders.
  ///
  /// - Parameters:
  ///   - paths: of files and folders; what lies inside of another is read once.
  ///   - progress: called now and then with the documents so far.
  /// - Throws: `RetrievalError.pathNotReadable` if a path is not there; `CancellationError`.
  public func load(_ paths: [String], progress: (Int) -> Void = { _ in }) async throws -> Loaded {
    var loaded = Loaded()
    let readers = DocumentReaders(limits: options.limits, recordFields: options.recordFields)
    for target in try IngestTarget.targets(for: paths, roots: []) {
      let walk = try FileWalker(options: options.files).walk(target.path)
      loaded.problems += walk.problems
      for file in walk.files {
        try Task.checkCancellation()
        do {
          let source = SourceFile(path: file.path)
          let format = try FileFormat(path: file.path, head: try source.head())
          try await readers.reader(for: format).read(source) { read in
            let id = format.holdsRecords ? "\(file.path)#\(read.key ?? "")" : file.path
            let isNameOnly = !format.holdsRecords && (read.title == source.name || read.title == source.stem)
            loaded.documents.append(Document(id: id, title: isNameOnly ? "" : read.title, text: read.text, payload: read.payload))
          }
        } catch let problem as ReadingProblem {
          loaded.problems.append(IngestProblem(path: file.path, problem))
        }
        progress(loaded.documents.count)
      }
    }
    return loaded
  }
}

extension Document {
  /// Title and text as one: what a model that learns from documents sees of it.
  public var titleAndText: String { title.isEmpty || text == title ? text : "\(title). \(text)" }
}
