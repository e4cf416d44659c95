/// How an index whose vectors stay on the disk is searched. The graph is built as `GraphParameters` say.
public struct DiskParameters: Codable, Hashable, Sendable {
  /// How many pages are asked for together (`W`, the beam width, in DiskANN): more hides the time of a disk better and reads
  /// some pages in vain.
  public var beamWidth: Int

  public init(beamWidth: Int = 4) {
    self.beamWidth = beamWidth
  }

  func validate() throws(IndexError) {
    guard (1...64).contains(beamWidth) else { throw .invalidParameter("between 1 and 64 pages are read together") }
  }
}
