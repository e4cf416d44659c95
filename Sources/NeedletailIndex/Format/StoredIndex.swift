internal import NeedletailCore
internal import NeedletailNumerics

/// An index that can be written to a file and read back.
protocol StoredIndex: SearchIndex {
  var file: IndexFile { get }
}

extension FlatIndex: StoredIndex {
  var file: IndexFile { IndexFile(layout: .flat, sections: sections(graph: GraphParameters())) }

  func sections(graph: GraphParameters) -> [SectionTag: Region] {
    var sections: [SectionTag: Region] = [
      .metadata: Region(IndexMetadata(vectors, graph: graph).bytes),
      .absent: Region(absent.bytes),
      .exactRows: vectors.exact.region,
    ]
    if let codes = vectors.codes {
      sections[.codes] = codes.codes.region
      sections[.codeTerms] = codes.terms.region
      sections[.codeBounds] = codes.bounds.region
      sections[.codeMean] = codes.mean.region
    }
    return sections
  }
}

extension GraphIndex: StoredIndex {
  var file: IndexFile {
    var sections = flat.sections(graph: parameters)
    sections[.links] = links.targets.region
    sections[.entries] = Column(entries).region
    sections[.duplicates] = duplicates.pairs.region
    return IndexFile(layout: .graph, sections: sections)
  }
}

// MARK: - Reading

// The checksums tell damage; what follows keeps a file that somebody made up from reaching outside the mapping.

/// Why sections do not make an index.
struct InvalidSections: Error {
  var reason: String
}

extension FlatIndex {
  init(_ sections: [SectionTag: Region], _ metadata: IndexMetadata, pool: WorkerPool) throws(InvalidSections) {
    let vectors = try EncodedVectors(sections, metadata)
    guard let absentRegion = sections[.absent], absentRegion.count <= (metadata.count + 7) / 8 else {
      throw InvalidSections(reason: "its set of excluded rows does not fit")
    }
    let absent = unsafe RowSet(bytes: Array(absentRegion.bytes))
    guard absent.isSubset(of: RowSet(0..<Row(metadata.count))) else {
      throw InvalidSections(reason: "its set of excluded rows does not fit")
    }
    self.init(vectors, absent: absent, pool: pool)
  }
}

extension GraphIndex {
  init(_ sections: [SectionTag: Region], _ metadata: IndexMetadata, pool: WorkerPool) throws(InvalidSections) {
    let flat = try FlatIndex(sections, metadata, pool: pool)
    do throws(IndexError) { try metadata.graph.validate() } catch {
      throw InvalidSections(reason: error.description)
    }
    guard let linkRegion = sections[.links], let entryRegion = sections[.entries],
      let duplicateRegion = sections[.duplicates]
    else { throw InvalidSections(reason: "a section of the graph is missing") }
    let links = Links(targets: Column(linkRegion), degree: metadata.graph.degree)
    let entries = Column<Row>(entryRegion).elements
    let pairs = Column<Duplicates.Pair>(duplicateRegion)
    guard links.areValid(count: metadata.count), entries.allSatisfy({ $0 < metadata.count }),
      pairs.count <= metadata.count
    else { throw InvalidSections(reason: "a link leads outside the index") }
    let duplicates = Duplicates(pairs)
    guard duplicates.areValid(count: metadata.count) else {
      throw InvalidSections(reason: "its list of duplicates is not in order")
    }
    self.init(flat: flat, links: links, parameters: metadata.graph, entries: entries, duplicates: duplicates)
  }
}

extension EncodedVectors {
  init(_ sections: [SectionTag: Region], _ metadata: IndexMetadata) throws(InvalidSections) {
    let (count, dimension, codec) = (metadata.count, metadata.dimension, metadata.codec)
    func column<Element>(
      _ tag: SectionTag, _ expected: Int, of: Element.Type
    ) throws(InvalidSections) -> Column<Element> {
      guard let region = sections[tag], region.count == expected * MemoryLayout<Element>.stride else {
        throw InvalidSections(reason: "its section \(tag) does not have the length that its header promises")
      }
      return Column(region)
    }
    // Both factors were limited by IndexMetadata, so the products do not overflow.
    let stride = ExactRows.stride(dimension: dimension, codec: codec)
    let values: ExactRows.Values =
      codec == .float32
      ? .float32(try column(.exactRows, count * stride, of: Float.self))
      : .float16(try column(.exactRows, count * stride, of: UInt16.self))
    self.dimension = dimension
    self.codec = codec
    exact = ExactRows(
      values: values, count: count, similarity: metadata.similarity, stride: stride, scale: metadata.scale)
    guard codec == .int8 else {
      codes = nil
      return
    }
    let codeStride = ScalarCodes.stride(dimension: dimension)
    let mean = try column(.codeMean, stride, of: Float.self)
    guard mean.elements.allSatisfy(\.isFinite) else { throw InvalidSections(reason: "its mean is not a number") }
    codes = ScalarCodes(
      codes: try column(.codes, count * codeStride, of: Int8.self),
      terms: try column(.codeTerms, count, of: ScalarCodes.Terms.self),
      bounds: try column(.codeBounds, count, of: ScalarCodes.Bound.self), mean: mean, stride: codeStride)
  }
}
