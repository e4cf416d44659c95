public import NeedletailNumerics

extension MultiVectorIndex {
  /// Writes the index. The file appears complete or not at all.
  public func write(to path: String) throws(IndexError) {
    var metadata = ByteWriter()
    metadata.append(UInt64(dimension))
    metadata.append(rows.codec.number ?? 0)
    metadata.append(UInt32(rows.residuals?.isScaled == true ? 1 : 0))
    var sections: [SectionTag: Region] = [
      .metadata: Region(metadata.bytes), .tokenOffsets: offsets.region, .tokenComponents: rows.components, .tokenScales: rows.scales.region,
      .tokenAssignments: rows.assignments.region,
    ]
    if let residuals = rows.residuals, let lists {
      sections[.tokenCentroids] = residuals.centroids.region
      sections[.tokenSteps] = residuals.steps.region
      sections[.centroidListStarts] = lists.starts.region
      sections[.centroidListRows] = lists.rows.region
    }
    try IndexFile(layout: .multiVector, sections: sections).write(to: path)
  }

  /// Maps an index file. Every byte is read once to check it, and stays in the file afterwards.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - pool: the threads that check it.
  /// - Throws: `corrupted` for a damaged file, `unsupportedVersion` for one of a newer release, `file` if it cannot be opened.
  public static func open(_ path: String, pool: WorkerPool = .shared) throws(IndexError) -> MultiVectorIndex {
    let file = try IndexFile(path: path, pool: pool)
    guard file.layout == .multiVector else { throw .corrupted(path: path, reason: "it is not an index of sets of vectors") }
    do throws(InvalidSections) {
      return try MultiVectorIndex(file.sections)
    } catch {
      throw .corrupted(path: path, reason: error.reason)
    }
  }

  /// Checks all that a search relies on, so that no file leads it outside the mapping.
  private init(_ sections: [SectionTag: Region]) throws(InvalidSections) {
    func region(_ tag: SectionTag) throws(InvalidSections) -> Region {
      guard let region = sections[tag] else { throw InvalidSections(reason: "its section \(tag) is missing") }
      return region
    }
    func column<Element>(_ tag: SectionTag, count: Int, of: Element.Type) throws(InvalidSections) -> Column<Element> {
      let region = try region(tag)
      guard region.count == count * MemoryLayout<Element>.stride else {
        throw InvalidSections(reason: "its section \(tag) does not have the length that the others promise")
      }
      return Column(region)
    }
    var metadata = unsafe ByteReader(Array(try region(.metadata).bytes))
    guard let dimension = metadata.nextCount(), let codecNumber = metadata.next(UInt32.self), let scaled = metadata.next(UInt32.self),
      let codec = TokenCodec(number: codecNumber), (1...maximumDimension).contains(dimension), scaled <= 1
    else { throw InvalidSections(reason: "its description is not readable") }
    let offsetBytes = try region(.tokenOffsets).count
    guard offsetBytes >= 8, offsetBytes.isMultiple(of: 8), offsetBytes / 8 - 1 <= maximumRowCount else {
      throw InvalidSections(reason: "its rows cannot be counted")
    }
    let offsets = Column<UInt64>(try region(.tokenOffsets))
    let values = offsets.elements
    guard values[0] == 0, zip(values, values.dropFirst()).allSatisfy({ $0 <= $1 }), values[values.count - 1] <= UInt64(maximumRowCount) else {
      throw InvalidSections(reason: "its rows are not in order")
    }
    let tokens = Int(values[values.count - 1])
    let components = try region(.tokenComponents)
    // Both factors are limited, so the product does not overflow.
    guard components.count == tokens * TokenRows.bytesPerVector(codec, dimension: dimension) else {
      throw InvalidSections(reason: "its vectors do not have the length that its description promises")
    }
    let scales = try column(.tokenScales, count: codec == .int8 ? tokens : 0, of: Float.self)
    var residuals: ResidualCodec?
    var lists: CentroidLists?
    var isResidual = false
    if case .residual(let bits) = codec {
      isResidual = true
      let centroidRegion = try region(.tokenCentroids)
      guard centroidRegion.count > 0, centroidRegion.count.isMultiple(of: dimension * 4),
        centroidRegion.count / (dimension * 4) <= MultiVectorSpecification.largestCentroidCount
      else { throw InvalidSections(reason: "its centroids cannot be counted") }
      let codec = ResidualCodec(
        dimension: dimension, bits: bits, centroids: Column(centroidRegion), steps: try column(.tokenSteps, count: 1 << bits, of: Float.self),
        isScaled: scaled == 1)
      let starts = try column(.centroidListStarts, count: codec.centroidCount + 1, of: UInt64.self)
      let listRegion = try region(.centroidListRows)
      let found = CentroidLists(starts: starts, rows: Column(listRegion))
      try Self.check(found, rowCount: values.count - 1)
      (residuals, lists) = (codec, found)
    }
    let assignments = try column(.tokenAssignments, count: isResidual ? tokens : 0, of: UInt32.self)
    if let residuals {
      guard assignments.elements.allSatisfy({ Int($0) < residuals.centroidCount }) else {
        throw InvalidSections(reason: "a vector has a centroid that is not there")
      }
    }
    self.init(
      rows: TokenRows(
        dimension: dimension, codec: codec, components: components, scales: scales, residuals: residuals, assignments: assignments),
      offsets: offsets, lists: lists)
  }

  private static func check(_ lists: CentroidLists, rowCount: Int) throws(InvalidSections) {
    let starts = lists.starts.elements
    guard starts.first == 0, zip(starts, starts.dropFirst()).allSatisfy({ $0 <= $1 }), starts.last == UInt64(lists.rows.count),
      lists.rows.region.count.isMultiple(of: 4), lists.rows.elements.allSatisfy({ Int($0) < rowCount })
    else { throw InvalidSections(reason: "a list of a centroid leads outside the index") }
  }
}
