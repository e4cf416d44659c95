/// The memory of an index, by purpose, in bytes.
public struct Footprint: Hashable, Codable, Sendable {
  /// Vectors in the precision that scores are computed from.
  public var vectorBytes: Int
  /// Codes that steer a search, with their scales.
  public var codeBytes: Int
  /// Links of a graph.
  public var linkBytes: Int
  /// Pages with vectors and links that stay on the disk and are read when a search comes to them; not in `totalBytes`.
  public var diskBytes: Int
  /// Whether all of that is a mapped file, whose pages the system loads and drops as it sees fit.
  public var isMapped: Bool

  public init(vectorBytes: Int = 0, codeBytes: Int = 0, linkBytes: Int = 0, isMapped: Bool = false, diskBytes: Int = 0) {
    self.vectorBytes = vectorBytes
    self.codeBytes = codeBytes
    self.linkBytes = linkBytes
    self.isMapped = isMapped
    self.diskBytes = diskBytes
  }

  /// What it takes in memory, or of the mapped file.
  public var totalBytes: Int { vectorBytes + codeBytes + linkBytes }
}
