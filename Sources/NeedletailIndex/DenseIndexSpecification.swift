/// What kind of index to build.
public struct DenseIndexSpecification: Codable, Hashable, Sendable {
  /// How the rows are arranged.
  public enum Layout: String, Codable, Sendable, CaseIterable {
    /// Compare with every row: `FlatIndex`.
    case flat
    /// Follow links: `GraphIndex`.
    case graph
    /// Flat up to `automaticFlatLimit` rows, a graph beyond.
    case automatic
  }

  public var layout: Layout
  public var codec: VectorCodecKind
  public var graph: GraphParameters

  public init(
    layout: Layout = .automatic, codec: VectorCodecKind = .int8, graph: GraphParameters = GraphParameters()
  ) {
    self.layout = layout
    self.codec = codec
    self.graph = graph
  }

  /// Up to this many rows the automatic layout is flat: comparing all their codes takes about as long as a search in a
  /// graph, is exact, and needs no building.
  public static let automaticFlatLimit = 10_000

  /// The layout for a number of rows, never `.automatic`.
  public func resolvedLayout(count: Int) -> Layout {
    guard layout == .automatic else { return layout }
    return count <= Self.automaticFlatLimit ? .flat : .graph
  }
}
