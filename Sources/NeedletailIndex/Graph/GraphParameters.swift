/// How a graph index is built and searched.
///
/// The defaults find more than 98 percent of the ten nearest, averaged over queries, among a hundred thousand sentence
/// embeddings; raise `efSearch` for more, or ask for an exact answer.
public struct GraphParameters: Codable, Hashable, Sendable {
  /// The largest number of links of a row (`R` in the Vamana paper, `2 M` in HNSW's).
  public var degree: Int
  /// How many candidates are in view while a row is linked (`L`, `efConstruction`): more makes a better graph, slowly.
  public var efConstruction: Int
  /// How many candidates are in view during a search unless its options say otherwise (`ef`).
  public var efSearch: Int
  /// How much farther than a kept link a row must be from it, compared with its distance from the linked row, to be
  /// kept too (`α`): 1 gives the sparsest graph, more keeps longer links.
  public var diversification: Float
  /// Orders the insertions; the same seed gives the same graph, whatever the number of threads.
  public var seed: UInt64
  /// Up to this many allowed rows are compared one by one where that is likely to be the faster way; it is exact too.
  /// Zero always takes the graph, unless it finds too few.
  public var exactScanLimit: Int

  public init(
    degree: Int = 32, efConstruction: Int = 128, efSearch: Int = 80, diversification: Float = 1.2, seed: UInt64 = 42,
    exactScanLimit: Int = 10_000
  ) {
    self.degree = degree
    self.efConstruction = efConstruction
    self.efSearch = efSearch
    self.diversification = diversification
    self.seed = seed
    self.exactScanLimit = exactScanLimit
  }

  func validate() throws(IndexError) {
    guard (4...256).contains(degree) else { throw .invalidParameter("a graph's degree lies between 4 and 256") }
    guard (1...10_000).contains(efConstruction), (1...100_000).contains(efSearch) else {
      throw .invalidParameter("efConstruction lies between 1 and 10,000 and efSearch between 1 and 100,000")
    }
    guard (1...4).contains(diversification) else { throw .invalidParameter("diversification lies between 1 and 4") }
    guard exactScanLimit >= 0 else { throw .invalidParameter("exactScanLimit is not negative") }
  }
}
