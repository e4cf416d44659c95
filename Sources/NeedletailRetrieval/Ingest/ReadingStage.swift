internal import NeedletailCore
internal import NeedletailStore
internal import NeedletailText

/// The first stage of a run: finds files, reads what changed, cuts it into passages.
struct ReadingStage: Sendable {
  let readers: DocumentReaders
  let preparation: PassagePreparation
  let options: IngestOptions
  let known: KnownDocuments
  /// Documents that are to be embedded again, since they came from a root that is now part of a larger one.
  let moved: Set<String>
  let tracker: IngestTracker
  let output: BoundedQueue<IngestWork>

  /// Reads the files below a target and says what is gone there.
  func run(_ walk: FileWalk, of target: IngestTarget) async throws {
    var seen: Set<String> = []
    tracker.update { _, progress in progress.phase = .indexing }
    for file in walk.files {
      try Task.checkCancellation()
      seen.formUnion(try await process(file, in: target))
    }
    let gone = known.ids(below: target.path).filter { id in
      !seen.contains(id) && !walk.unknownDirectories.contains { id.isInside($0) }
    }
    if !gone.isEmpty {
      tracker.update { _, progress in progress.phase = .removing }
      try await send(.remove(gone))
    }
  }

  /// Hands on what is new in a file.
  ///
  /// - Returns: the documents that the file still holds.
  private func process(_ file: FoundFile, in target: IngestTarget) async throws -> [String] {
    let before = known.ids(ofFile: file.path)
    if isUnchanged(file, before) {
      tracker.update { report, progress in
        report.unchanged += before.count
        progress.filesDone += 1
        progress.bytesDone += file.size
      }
      return before
    }
    tracker.update { _, progress in progress.currentPath = file.path }
    var reading = FileReading(file: file, target: target, stage: self)
    do {
      try await reading.read()
    } catch let problem as ReadingProblem {
      tracker.problem(IngestProblem(path: file.path, problem))
      // Of a file that broke off in the middle the old rest stays until it can be read; nothing marks it as done.
      if problem.isTemporary || reading.hasRecords { reading.seen += before }
    }
    try await send(.finishedFile(bytes: file.size))
    return reading.seen
  }

  private func isUnchanged(_ file: FoundFile, _ before: [String]) -> Bool {
    guard !options.rereadsUnchanged, !options.reindexesUnchanged else { return false }
    return before.contains { known[$0]?.matches(file) == true } && !before.contains { moved.contains($0) }
  }

  func send(_ work: IngestWork) async throws { try await output.send(work, weight: work.weight) }
}

/// The reading of one file.
private struct FileReading {
  let file: FoundFile
  let target: IngestTarget
  let stage: ReadingStage
  /// The documents found in the file, read again or not.
  var seen: [String] = []
  private(set) var hasRecords = false

  init(file: FoundFile, target: IngestTarget, stage: ReadingStage) {
    self.file = file
    self.target = target
    self.stage = stage
  }

  mutating func read() async throws {
    let source = SourceFile(path: file.path)
    let format = try FileFormat(path: file.path, head: try source.head())
    hasRecords = format.holdsRecords
    if hasRecords { try await readRecords(source, format) } else { try await readWhole(source, format) }
  }

  private mutating func readWhole(_ source: SourceFile, _ format: FileFormat) async throws {
    let hash = try ContentDigest.of(source)
    let fingerprint = Fingerprint(size: file.size, modified: file.modified, hash: hash)
    if isKnown(file.path, hash: hash) {
      seen.append(file.path)
      try await stage.send(.refresh(id: file.path, fingerprint))
      return
    }
    var documents: [ReadDocument] = []
    try await stage.readers.reader(for: format).read(source) { documents.append($0) }
    guard let document = documents.first else { return }
    seen.append(file.path)
    try await write(document, id: file.path, format: format, fingerprint: fingerprint)
  }

  /// Each record is held back until the next one has come, since the last one is marked, and what is gone from the file has
  /// to be removed before that one is written.
  private mutating func readRecords(_ source: SourceFile, _ format: FileFormat) async throws {
    var last: ReadDocument?
    var found: [String] = []
    let reading = self
    try await stage.readers.reader(for: format).read(source) { document in
      if let previous = last { found.append(try await reading.take(previous, format: format, isLast: false)) }
      last = document
    }
    seen = found
    guard let last else { return }
    let id = reading.id(of: last)
    let kept = Set(seen + [id])
    let gone = stage.known.ids(ofFile: file.path).filter { !kept.contains($0) }
    if !gone.isEmpty { try await stage.send(.remove(gone)) }
    seen.append(try await take(last, format: format, isLast: true))
  }

  private func id(of record: ReadDocument) -> String { "\(file.path)#\(record.key ?? "")" }

  private func take(_ record: ReadDocument, format: FileFormat, isLast: Bool) async throws -> String {
    let id = id(of: record)
    let hash = try ContentDigest.of(record)
    let fingerprint = isLast ? Fingerprint(size: file.size, modified: file.modified, hash: hash) : .partial(hash: hash)
    guard isKnown(id, hash: hash) else {
      try await write(record, id: id, format: format, fingerprint: fingerprint)
      return id
    }
    if stage.known[id] == fingerprint {
      stage.tracker.update { report, _ in report.unchanged += 1 }
    } else {
      try await stage.send(.refresh(id: id, fingerprint))
    }
    return id
  }

  private func isKnown(_ id: String, hash: String) -> Bool {
    !stage.options.reindexesUnchanged && stage.known[id]?.hash == hash && !stage.moved.contains(id)
  }

  private func write(_ read: ReadDocument, id: String, format: FileFormat, fingerprint: Fingerprint) async throws {
    let payload = read.payload.addingStandardFields(of: file, relativePath: target.relativePath(of: file), kind: format.kind)
    let document = Document(id: id, title: read.title, text: read.text, payload: payload)
    let prepared = stage.preparation.prepare(document, structure: read.structure, root: target.root, fingerprint: fingerprint)
    try await stage.send(.write(prepared, isNew: stage.known[id] == nil))
  }
}
