/// What kind of index to build.
public struct DenseIndexSpecification: Hashable, Sendable {
  /// How the rows are arranged.
  public enum Layout: String, Codable, Sendable, CaseIterable {
    /// Compare with every row: `FlatIndex`, or `IVFIndex` with one list where `codes` are given.
    case flat
    /// Follow links: `GraphIndex`.
    case graph
    /// Compare with the rows of the nearest lists: `IVFIndex`.
    case inverted
    /// Keep codes in memory, links and vectors in pages of the file that a search reads: `DiskIndex`. For rows that do not
    /// fit into memory.
    case disk
    /// Flat up to `automaticFlatLimit` rows, a graph beyond.
    case automatic
  }

  public var layout: Layout
  /// How the vectors that scores are computed from are kept.
  public var codec: VectorCodecKind
  public var graph: GraphParameters
  /// What rows are compared by first, in flat, inverted and disk layouts; nil for what `codec` says, or, in an inverted one,
  /// 8 bits a component, and on disk, one bit a component by product codes.
  public var codes: CodecSpecification?
  public var lists: ListParameters
  public var disk: DiskParameters
  /// Whether the vectors are kept beside `codes`, for full scores. Without them an index takes the least memory, and
  /// scores are those of the decoded codes.
  public var keepsVectors: Bool

  public init(
    layout: Layout = .automatic, codec: VectorCodecKind = .int8, graph: GraphParameters = GraphParameters(),
    codes: CodecSpecification? = nil, lists: ListParameters = ListParameters(), keepsVectors: Bool = true,
    disk: DiskParameters = DiskParameters()
  ) {
    self.layout = layout
    self.codec = codec
    self.graph = graph
    self.codes = codes
    self.lists = lists
    self.keepsVectors = keepsVectors
    self.disk = disk
  }

  /// Up to this many rows the automatic layout is flat: comparing all their codes takes about as long as a search in a
  /// graph, is exact, and needs no building.
  public static let automaticFlatLimit = 10_000

  /// The layout for a number of rows, never `.automatic`.
  public func resolvedLayout(count: Int) -> Layout {
    guard layout == .automatic else { return layout }
    return count <= Self.automaticFlatLimit ? .flat : .graph
  }

  func validate() throws(IndexError) {
    try graph.validate()
    try lists.validate()
    try disk.validate()
    guard codes == nil || layout == .flat || layout == .inverted || layout == .disk else {
      throw .invalidParameter("codes of a codec are compared in flat, inverted and disk layouts, not in a graph")
    }
    guard keepsVectors || layout != .disk else { throw .invalidParameter("an index on disk keeps its vectors there") }
    guard keepsVectors || codes != nil else {
      throw .invalidParameter("an index without its vectors needs codes to compare: name a codec")
    }
  }
}

// Specifications are kept with collections, so those of earlier releases stay readable.
extension DenseIndexSpecification: Codable {
  private enum CodingKeys: String, CodingKey {
    case layout, codec, graph, codes, lists, keepsVectors, disk
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      layout: values.decode(Layout.self, forKey: .layout), codec: values.decode(VectorCodecKind.self, forKey: .codec),
      graph: values.decode(GraphParameters.self, forKey: .graph),
      codes: values.decodeIfPresent(CodecSpecification.self, forKey: .codes),
      lists: values.decodeIfPresent(ListParameters.self, forKey: .lists) ?? ListParameters(),
      keepsVectors: values.decodeIfPresent(Bool.self, forKey: .keepsVectors) ?? true,
      disk: values.decodeIfPresent(DiskParameters.self, forKey: .disk) ?? DiskParameters())
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(layout, forKey: .layout)
    try values.encode(codec, forKey: .codec)
    try values.encode(graph, forKey: .graph)
    try values.encodeIfPresent(codes, forKey: .codes)
    try values.encode(lists, forKey: .lists)
    try values.encode(keepsVectors, forKey: .keepsVectors)
    try values.encode(disk, forKey: .disk)
  }
}
