internal import NeedletailCore
internal import NeedletailNumerics

extension DiskIndex: StoredIndex {
  var file: IndexFile {
    var metadata = IndexMetadata(form, graph: graph)
    metadata.count = count
    var sections: [SectionTag: Region] = [
      .metadata: Region(metadata.bytes), .absent: Region(absent.bytes), .diskParameters: Region(parameters.bytes),
      .diskRows: rows.region, .entries: Column(entries).region, .duplicates: duplicates.pairs.region,
      .codec: Region(CodecBytes.bytes(of: steering.codec)), .codeBlocks: steering.codes.region,
      .rowTerms: steering.terms.region, .codeMean: steering.mean.region,
    ]
    if let verifier { sections[.verifier] = Region(verifier.bytes) }
    return IndexFile(layout: .disk, sections: sections, pages: pages.region)
  }

  init(_ file: IndexFile, _ metadata: IndexMetadata, path: String) throws(IndexError) {
    func invalid(_ reason: String) -> IndexError { .corrupted(path: path, reason: reason) }
    func region(_ tag: SectionTag) throws(IndexError) -> Region {
      guard let region = file.sections[tag] else { throw invalid("its section \(tag) is missing") }
      return region
    }
    let absentRegion = try region(.absent)
    guard metadata.codec != .int8, absentRegion.count <= (metadata.count + 7) / 8,
      let parameters = unsafe DiskParameters(bytes: Array(try region(.diskParameters).bytes))
    else { throw invalid("its description is not readable") }
    try metadata.graph.validate()
    let absent = unsafe RowSet(bytes: Array(absentRegion.bytes))
    let rows = Column<Row>(try region(.diskRows))
    let duplicates = Duplicates(Column(try region(.duplicates)))
    let members = RowSet(rows.elements.lazy.filter { $0 < metadata.count })
    guard duplicates.pairs.count <= metadata.count, duplicates.areValid(count: metadata.count),
      absent.isSubset(of: RowSet(0..<Row(metadata.count))), members.count == rows.count,
      members.intersection(absent).isEmpty, members.intersection(duplicates.followers).isEmpty,
      rows.count + absent.count + duplicates.pairs.count == metadata.count,
      duplicates.pairs.elements.allSatisfy({ members.contains($0.representative) })
    else { throw invalid("its places do not hold every row once") }
    let entries = Column<Row>(try region(.entries)).elements
    guard entries.allSatisfy({ $0 < rows.count }) else { throw invalid("a search would start outside the index") }
    let form = Self.form(
      dimension: metadata.dimension, similarity: metadata.similarity, codec: metadata.codec, scale: metadata.scale)
    let layout = PageLayout(
      stride: form.exact.stride, elementBytes: ExactRows.elementBytes(metadata.codec), degree: metadata.graph.degree)
    let pages = file.pages ?? Region([])
    guard pages.count == layout.pageCount(placeCount: rows.count) * layout.pageBytes else {
      throw invalid("its pages do not have the length that its rows need")
    }
    var verifier: Projection?
    if let region = file.sections[.verifier] {
      verifier = unsafe Projection(bytes: Array(region.bytes))
      guard verifier?.dimension == metadata.dimension else { throw invalid("its verifier is not readable") }
    }
    self.init(
      steering: try SteeringCodes(file.sections, metadata, placeCount: rows.count, path: path), rows: rows, entries: entries,
      duplicates: duplicates, absent: absent,
      pages: try PageSource(pages, layout, placeCount: rows.count, path: path, start: file.pagesStart), form: form,
      verifier: verifier, graph: metadata.graph, parameters: parameters, count: metadata.count)
  }
}

extension SteeringCodes {
  fileprivate init(
    _ sections: [SectionTag: Region], _ metadata: IndexMetadata, placeCount: Int, path: String
  ) throws(IndexError) {
    guard let codecRegion = sections[.codec], let codec = unsafe CodecBytes.codec(from: Array(codecRegion.bytes)),
      codec.dimension == max(1, metadata.dimension), codec.codesDifferences || metadata.similarity != .euclidean,
      let codes = sections[.codeBlocks], let terms = sections[.rowTerms], let mean = sections[.codeMean]
    else { throw .corrupted(path: path, reason: "its codec is not readable") }
    let means = Column<Float>(mean)
    guard codes.count == placeCount * codec.codeBytes,
      terms.count == (Self.needsTerms(codec, metadata.similarity) ? 4 * placeCount : 0),
      codec.codesDifferences ? means.count >= metadata.dimension : means.count == 0, means.elements.allSatisfy(\.isFinite)
    else { throw .corrupted(path: path, reason: "its codes do not have the length that its rows need") }
    self.init(codec: codec, similarity: metadata.similarity, codes: Column(codes), terms: Column(terms), mean: means)
  }
}

extension DiskParameters {
  var bytes: [UInt8] {
    var writer = ByteWriter()
    writer.append(UInt64(beamWidth))
    return writer.bytes
  }

  /// Nil if the bytes do not describe usable parameters.
  init?(bytes: [UInt8]) {
    var reader = ByteReader(bytes)
    guard let beamWidth = reader.nextCount(), reader.isAtEnd else { return nil }
    self.init(beamWidth: beamWidth)
    do throws(IndexError) { try validate() } catch { return nil }
  }
}
