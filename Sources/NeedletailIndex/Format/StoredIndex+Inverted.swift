internal import NeedletailCore
internal import NeedletailNumerics

extension IVFIndex: StoredIndex {
  var file: IndexFile {
    var sections =
      flat?.sections(graph: GraphParameters()) ?? [
        .metadata: Region(IndexMetadata(count: count, dimension: dimension, similarity: similarity).bytes),
        .absent: Region(absent.bytes),
      ]
    sections[.listParameters] = Region(parameters.bytes)
    sections[.codec] = Region(CodecBytes.bytes(of: lists.codec))
    sections[.listCentroids] = lists.centroids.region
    sections[.listStarts] = lists.starts.region
    sections[.listRows] = lists.rows.region
    sections[.codeBlocks] = lists.blocks.region
    sections[.codeResiduals] = lists.residuals.region
    sections[.rowTerms] = lists.terms.region
    return IndexFile(layout: .inverted, sections: sections)
  }

  init(_ sections: [SectionTag: Region], _ metadata: IndexMetadata, pool: WorkerPool) throws(InvalidSections) {
    let flat = sections[.exactRows] == nil ? nil : try FlatIndex(sections, metadata, pool: pool)
    guard let absentRegion = sections[.absent], absentRegion.count <= (metadata.count + 7) / 8,
      let parameterRegion = sections[.listParameters],
      let parameters = unsafe ListParameters(bytes: Array(parameterRegion.bytes))
    else { throw InvalidSections(reason: "its description of lists is not readable") }
    let absent = unsafe RowSet(bytes: Array(absentRegion.bytes))
    guard absent.isSubset(of: RowSet(0..<Row(metadata.count))) else {
      throw InvalidSections(reason: "its set of excluded rows does not fit")
    }
    let lists = try CodedLists(sections, metadata, absent: absent)
    self.init(lists: lists, flat: flat, parameters: parameters, absent: absent, count: metadata.count)
  }
}

extension CodedLists {
  fileprivate init(
    _ sections: [SectionTag: Region], _ metadata: IndexMetadata, absent: RowSet
  ) throws(InvalidSections) {
    func region(_ tag: SectionTag) throws(InvalidSections) -> Region {
      guard let region = sections[tag] else { throw InvalidSections(reason: "its section \(tag) is missing") }
      return region
    }
    let codecRegion = try region(.codec)
    guard let codec = unsafe CodecBytes.codec(from: Array(codecRegion.bytes)), codec.dimension == max(1, metadata.dimension) else {
      throw InvalidSections(reason: "its codec is not readable")
    }
    let (centroids, starts, rows) = (
      Column<Float>(try region(.listCentroids)), Column<UInt32>(try region(.listStarts)), Column<Row>(try region(.listRows))
    )
    let (blocks, residuals, terms) = (
      Column<UInt8>(try region(.codeBlocks)), Column<UInt8>(try region(.codeResiduals)), Column<Float>(try region(.rowTerms))
    )
    let bounds = starts.elements
    guard bounds.count >= 2, bounds.first == 0, zip(bounds, bounds.dropFirst()).allSatisfy({ $0 <= $1 }),
      Int(bounds[bounds.count - 1]) == rows.count, centroids.count == (bounds.count - 1) * codec.dimension,
      centroids.elements.allSatisfy(\.isFinite)
    else { throw InvalidSections(reason: "its lists are not in order") }
    let members = RowSet(rows.elements.lazy.filter { $0 < metadata.count })
    guard members.count == rows.count, rows.count == metadata.count - absent.count,
      members.intersection(absent).isEmpty
    else { throw InvalidSections(reason: "its lists do not hold every row once") }
    let needsTerms = Self.needsTerms(codec, metadata.similarity)
    guard blocks.count == (Self.firstBlocks(bounds, codec).last ?? 0) * codec.blockBytes,
      residuals.count == rows.count * codec.residualBytes, terms.count == (needsTerms ? rows.count : 0)
    else { throw InvalidSections(reason: "its codes do not have the length that its lists need") }
    self.init(
      codec: codec, similarity: metadata.similarity, centroids: centroids, starts: starts, rows: rows, blocks: blocks,
      residuals: residuals, terms: terms)
  }
}

extension ListParameters {
  var bytes: [UInt8] {
    var writer = ByteWriter()
    writer.append(UInt64(listCount ?? 0))
    writer.append(UInt64(probeCount ?? 0))
    writer.append(UInt64(candidateCount))
    writer.append(UInt64(exactScanLimit))
    writer.append(seed)
    writer.append(UInt8(isBalanced ? 1 : 0))
    return writer.bytes
  }

  /// Nil if the bytes do not describe usable parameters.
  init?(bytes: [UInt8]) {
    var reader = ByteReader(bytes)
    guard let listCount = reader.nextCount(), let probeCount = reader.nextCount(),
      let candidateCount = reader.nextCount(), let exactScanLimit = reader.nextCount(),
      let seed = reader.next(UInt64.self), let balance = reader.next(UInt8.self), reader.isAtEnd
    else { return nil }
    self.init(
      listCount: listCount == 0 ? nil : listCount, probeCount: probeCount == 0 ? nil : probeCount,
      candidateCount: candidateCount, isBalanced: balance != 0, exactScanLimit: exactScanLimit, seed: seed)
    do throws(IndexError) { try validate() } catch { return nil }
  }
}
