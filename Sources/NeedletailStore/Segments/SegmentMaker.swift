internal import Foundation
internal import GRDB
internal import NeedletailCore
internal import NeedletailIndex
internal import NeedletailNumerics
internal import NeedletailText

/// Makes segments: from vectors in memory, from rows of SQLite, from files.
struct SegmentMaker: Sendable {
  /// Texts read in one transaction while a lexical index is built, so that building does not hold up the log.
  private static let textRows = 4_096

  let settings: CollectionSettings
  let analyzer: Analyzer
  let database: CollectionDatabase
  let folder: String

  // MARK: in memory

  /// A piece of the delta over passages whose vectors are at hand.
  func piece(_ rows: PassageVectors) throws(StoreError) -> SegmentContents { try contents(number: nil, rows, keepsVectors: true) }

  /// A segment in memory, in place of one whose files cannot be used.
  func substitute(for record: SegmentRecord, db: Database) throws -> SegmentContents {
    try contents(number: record.number, rows(db, of: record.passages), keepsVectors: false)
  }

  private func contents(number: Int64?, _ rows: PassageVectors, keepsVectors: Bool) throws(StoreError) -> SegmentContents {
    let dense = rows.isEmpty ? nil : try rows.dense.map { vectors throws(StoreError) in try denseIndex(vectors, layout: .flat) }
    let sparse = rows.sparse.map { vectors in IndexSource<any SparseIndex> { try InvertedSparseIndex(vectors) } }
    return SegmentContents(
      number: number, passages: rows.passages, dense: dense, lexical: IndexSource { try self.lexicalIndex(of: rows.passages) }, sparse: sparse,
      vectors: keepsVectors ? rows : nil, isDamaged: number != nil)
  }

  /// One piece with the passages of several that still count, each of which comes after the one before.
  func joined(_ pieces: [Segment]) throws(StoreError) -> SegmentContents {
    var joined = PassageVectors(settings: settings)
    var values: [Float] = []
    for piece in pieces {
      let live = piece.livePassages
      for range in live.runs {
        joined.passages.append(first: range.lowerBound, count: range.count)
        let rows = piece.passages.rows(in: range)
        if let vectors = piece.contents.vectors?.dense {
          values += vectors.values[rows.lowerBound * vectors.dimension..<rows.upperBound * vectors.dimension]
        }
        if let vectors = piece.contents.vectors?.sparse { joined.sparse?.append(rows, of: vectors) }
      }
    }
    joined.dense = settings.embedder.map { DenseVectors(dimension: $0.dimension, values: values) }
    return try piece(joined)
  }

  // MARK: from SQLite

  /// The passages that exist, with their vectors if the collection has any.
  func rows(_ db: Database, of passages: PassageRuns) throws -> PassageVectors {
    try rows(db, in: passages.runs, capacity: passages.count)
  }

  func rows(_ db: Database, in ranges: [Range<PassageID>], capacity: Int = 0) throws -> PassageVectors {
    let dense = try settings.embedder.map {
      try PassageRows.vectors(db, in: ranges, embedder: $0, precision: settings.precision, capacity: capacity)
    }
    let sparse = try settings.sparseEmbedder.map { try PassageRows.sparseVectors(db, in: ranges, embedder: $0) }
    let passages = try dense?.passages ?? sparse?.passages ?? PassageRows.passages(db, in: ranges)
    guard sparse?.passages ?? passages == passages else {
      throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "some passages have no sparse vector")
    }
    return PassageVectors(passages: passages, dense: dense?.vectors, sparse: sparse?.vectors)
  }

  /// The dense index over some vectors; nil asks for the layout of the settings.
  func denseIndex(_ vectors: DenseVectors, layout: DenseIndexSpecification.Layout? = nil) throws(StoreError) -> any SearchIndex {
    var specification = settings.index
    if let layout { specification.layout = layout }
    do {
      return try DenseIndexFactory.build(vectors, similarity: settings.embedder?.similarity ?? .dot, specification: specification)
    } catch {
      throw StoreError(error, at: folder)
    }
  }

  /// Segments with fewer rows get an exact index of sparse vectors, which searches them in well under a millisecond.
  private static let clusteredRows = 10_000

  /// The index over some sparse vectors.
  private func sparseIndex(_ vectors: SparseVectors) throws -> any SparseIndex {
    vectors.count < Self.clusteredRows ? try InvertedSparseIndex(vectors) : try ClusteredSparseIndex(vectors)
  }

  func lexicalIndex(of passages: PassageRuns) throws -> LexicalIndex {
    let hasFields = settings.lexicalFields != nil
    var builder = LexicalIndexBuilder(fieldCount: hasFields ? LexicalFields.Field.allCases.count : 1)
    for start in stride(from: 0, to: passages.count, by: Self.textRows) {
      let rows = start..<min(start + Self.textRows, passages.count)
      var texts: [(passage: PassageID, fields: [[String]])] = []
      try database.reader.read { db in
        for range in passages.passages(inRows: rows) {
          try PassageRows.forEachText(db, in: range) { passage, text in
            texts.append((passage, text.pieces(hasFields: hasFields).map { analyzer.terms(in: $0).map(\.term) }))
          }
        }
      }
      builder.add(texts, rows: rows, of: passages)
    }
    return builder.build()
  }

  // MARK: files

  /// Builds the files of a new segment and opens them.
  func write(number: Int64, _ rows: PassageVectors) throws(StoreError) -> (record: SegmentRecord, contents: SegmentContents) {
    var written: [SegmentFileRecord] = []
    do {
      if let vectors = rows.dense {
        written.append(try writeFile(.dense, number: number) { path in try DenseIndexFactory.write(denseIndex(vectors), to: path) })
      }
      written.append(try writeFile(.lexical, number: number) { path in try lexicalIndex(of: rows.passages).write(to: path) })
      if let vectors = rows.sparse {
        written.append(try writeFile(.sparse, number: number) { path in try sparseIndex(vectors).write(to: path) })
      }
      let record = SegmentRecord(number: number, passages: rows.passages, files: written)
      return (record, try open(record))
    } catch {
      for file in written { FileSystem.remove(path(of: file)) }
      throw StoreError(error, at: folder)
    }
  }

  private func writeFile(_ kind: SegmentFileKind, number: Int64, _ body: (String) throws -> Void) throws -> SegmentFileRecord {
    let name = "\(number).\(kind.rawValue)"
    let path = "\(folder)/\(name)"
    // Index files appear complete and forced to the disk, or not at all.
    try body(path)
    let (bytes, checksum) = try FileIdentity.of(path)
    return SegmentFileRecord(kind: kind, name: name, bytes: bytes, checksum: checksum, format: format(of: kind))
  }

  /// Opens the files of a segment after checking that they are the ones SQLite names, bit by bit.
  ///
  /// - Throws: `SegmentFileProblem` for the first file that is not.
  func open(_ record: SegmentRecord) throws -> SegmentContents {
    var files: [SegmentFile] = []
    let dense = try settings.embedder.map { embedder in
      let file = try verified(.dense, of: record)
      files.append(file)
      let index = try problem(with: file.record) { try DenseIndexFactory.open(file.path) }
      guard index.count == record.passages.count, index.dimension == embedder.dimension else {
        throw SegmentFileProblem(name: file.record.name, reason: "it has other rows than it should")
      }
      return index
    }
    let file = try verified(.lexical, of: record)
    files.append(file)
    let lexical = try problem(with: file.record) { try LexicalIndex.open(file.path) }
    guard lexical.count == record.passages.count else {
      throw SegmentFileProblem(name: file.record.name, reason: "it has other rows than it should")
    }
    let sparse = try settings.sparseEmbedder.map { embedder in
      let file = try verified(.sparse, of: record)
      files.append(file)
      let index = try problem(with: file.record) { try SparseIndexFactory.open(file.path) }
      guard index.count == record.passages.count, index.dimension == embedder.dimension else {
        throw SegmentFileProblem(name: file.record.name, reason: "it has other rows than it should")
      }
      return index
    }
    return SegmentContents(
      number: record.number, passages: record.passages, dense: dense, lexical: IndexSource(lexical), sparse: sparse.map { IndexSource<any SparseIndex>($0) },
      files: files)
  }

  private func verified(_ kind: SegmentFileKind, of record: SegmentRecord) throws -> SegmentFile {
    guard let file = record.file(kind) else { throw SegmentFileProblem(name: "\(record.number).\(kind.rawValue)", reason: "it was never written") }
    guard file.format == format(of: kind) else { throw SegmentFileProblem(name: file.name, reason: "another version wrote it") }
    let (bytes, checksum) = try problem(with: file) { try FileIdentity.of(path(of: file)) }
    guard bytes == file.bytes else { throw SegmentFileProblem(name: file.name, reason: "it has \(bytes) bytes instead of \(file.bytes)") }
    guard checksum == file.checksum else { throw SegmentFileProblem(name: file.name, reason: "its checksum is wrong") }
    return SegmentFile(record: file, path: path(of: file))
  }

  private func problem<Value>(with file: SegmentFileRecord, _ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch {
      let isMissing = FileSystem.size(of: path(of: file)) == nil
      throw SegmentFileProblem(name: file.name, reason: isMissing ? "it is missing" : "\(error)")
    }
  }

  /// Names everything but the rows that the bytes of a file depend on.
  private func format(of kind: SegmentFileKind) -> String {
    switch kind {
    case .dense: "dense-1:\(settings.index.codec.rawValue)"
    case .lexical: "lexical-1:\(settings.analyzer.fingerprint)" + (settings.lexicalFields == nil ? "" : ":fields")
    case .sparse: "sparse-1"
    }
  }

  private func path(of file: SegmentFileRecord) -> String { "\(folder)/\(file.name)" }
}

/// Why an index file cannot be used.
struct SegmentFileProblem: Error {
  var name: String
  var reason: String
}
