internal import NeedletailNumerics

/// The numbers of an index of sparse vectors, as stored in its first section.
struct SparseMetadata {
  var count: Int
  var dimension: Int
  /// What a code of 1 stands for.
  var scale: Float
  /// How the lists were clustered; nil for an exact index.
  var clustered: ClusteredSparseParameters?

  private static let codecs: [SparseWeightCodec] = [.fixed16, .fixed8]

  init(count: Int, dimension: Int, scale: Float, clustered: ClusteredSparseParameters?) {
    self.count = count
    self.dimension = dimension
    self.scale = scale
    self.clustered = clustered
  }

  var bytes: [UInt8] {
    var writer = ByteWriter()
    writer.append(UInt64(count))
    writer.append(UInt64(dimension))
    writer.append(scale)
    guard let clustered else { return writer.bytes }
    writer.append(UInt32(Self.codecs.firstIndex(of: clustered.codec) ?? 0))
    writer.append(UInt64(clustered.neighbourCount))
    writer.append(UInt64(clustered.comparedComponents))
    writer.append(clustered.seed)
    writer.append(UInt64(clustered.effort.queryCut))
    writer.append(clustered.effort.heapFactor)
    writer.append(UInt32(clustered.effort.refines ? 1 : 0))
    switch clustered.pruning {
    case .none: writer.append(0, 0, 0)
    case .perList(let limit): writer.append(1, UInt64(limit), 0)
    case .overall(let average, let largest): writer.append(2, UInt64(average), UInt64(largest))
    }
    switch clustered.blocking {
    case .geometric(let share, let smallest): writer.append(0, share.bitPattern, UInt64(smallest))
    case .consecutive(let size): writer.append(1, UInt64(size), 0)
    case .shuffled(let size): writer.append(2, UInt64(size), 0)
    }
    switch clustered.summary {
    case .mass(let share): writer.append(0, share.bitPattern, 0)
    case .components(let count): writer.append(1, UInt64(count), 0)
    }
    return writer.bytes
  }

  /// - Throws: if the sections lack a description, or it is not one of an index of sparse vectors.
  init(_ sections: [SectionTag: Region]) throws(InvalidSections) {
    guard let region = sections[.metadata], let metadata = unsafe Self(Array(region.bytes)) else {
      throw InvalidSections(reason: "its description is not readable")
    }
    self = metadata
  }

  private init?(_ bytes: [UInt8]) {
    var reader = ByteReader(bytes)
    guard let count = reader.nextCount(), let dimension = reader.nextCount(), let scale = reader.nextFloat(),
      count <= maximumRowCount, dimension <= maximumSparseDimension, scale.isFinite, scale > 0
    else { return nil }
    self.init(count: count, dimension: dimension, scale: scale, clustered: Self.parameters(&reader))
  }

  private static func parameters(_ reader: inout ByteReader) -> ClusteredSparseParameters? {
    guard let codec = reader.next(UInt32.self), codec < codecs.count, let neighbourCount = reader.nextCount(),
      let compared = reader.nextCount(), let seed = reader.next(UInt64.self), let queryCut = reader.nextCount(),
      let heapFactor = reader.nextFloat(), let refines = reader.next(UInt32.self), let pruning = pruning(&reader),
      let blocking = blocking(&reader), let summary = summary(&reader)
    else { return nil }
    let parameters = ClusteredSparseParameters(
      pruning: pruning, blocking: blocking, summary: summary, comparedComponents: compared, codec: codecs[Int(codec)],
      neighbourCount: neighbourCount,
      effort: SparseSearchEffort(queryCut: queryCut, heapFactor: heapFactor, refines: refines != 0), seed: seed)
    do throws(IndexError) { try parameters.validate() } catch { return nil }
    return parameters
  }

  private static func pruning(_ reader: inout ByteReader) -> ClusteredSparseParameters.Pruning? {
    guard let kind = reader.next(UInt32.self), let first = reader.nextCount(), let second = reader.nextCount() else {
      return nil
    }
    switch kind {
    case 0: return ClusteredSparseParameters.Pruning.none
    case 1: return .perList(first)
    case 2: return .overall(average: first, largest: second)
    default: return nil
    }
  }

  private static func blocking(_ reader: inout ByteReader) -> ClusteredSparseParameters.Blocking? {
    guard let kind = reader.next(UInt32.self), let first = reader.next(UInt64.self), let second = reader.nextCount() else {
      return nil
    }
    switch kind {
    case 0: return .geometric(share: Double(bitPattern: first), smallestBlock: second)
    case 1: return Int(exactly: first).map { .consecutive(size: $0) }
    case 2: return Int(exactly: first).map { .shuffled(size: $0) }
    default: return nil
    }
  }

  private static func summary(_ reader: inout ByteReader) -> ClusteredSparseParameters.Summary? {
    guard let kind = reader.next(UInt32.self), let first = reader.next(UInt64.self), reader.nextCount() != nil else {
      return nil
    }
    switch kind {
    case 0: return .mass(Double(bitPattern: first))
    case 1: return Int(exactly: first).map { .components($0) }
    default: return nil
    }
  }
}

/// The most terms of a vocabulary that an index takes: a search keeps two bytes for each.
let maximumSparseDimension = 1 << 24

extension ByteWriter {
  /// A kind with up to two numbers.
  fileprivate mutating func append(_ kind: UInt32, _ first: UInt64, _ second: UInt64) {
    append(kind)
    append(first)
    append(second)
  }
}

extension [SectionTag: Region] {
  func region(_ tag: SectionTag) throws(InvalidSections) -> Region {
    guard let region = self[tag] else { throw InvalidSections(reason: "its section \(tag) is missing") }
    return region
  }

  func column<Element>(_ tag: SectionTag, of: Element.Type) throws(InvalidSections) -> Column<Element> {
    let region = try region(tag)
    guard region.count.isMultiple(of: MemoryLayout<Element>.stride) else {
      throw InvalidSections(reason: "its section \(tag) is cut off")
    }
    return Column(region)
  }
}

extension Column<UInt32> {
  /// Whether the numbers begin with 0, never fall, and end with `end`.
  func isAscending(to end: Int) -> Bool {
    guard count > 0, self[0] == 0, Int(self[count - 1]) == end else { return false }
    return (1..<count).allSatisfy { self[$0 - 1] <= self[$0] }
  }
}
