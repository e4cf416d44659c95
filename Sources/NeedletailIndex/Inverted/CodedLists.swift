internal import NeedletailCore
internal import NeedletailNumerics

/// Rows divided among lists by their nearest centroid, each kept as the code of what the centroid leaves of it.
///
/// A place is the number of a row in the order of the lists. Blocks of codes start anew with each list.
struct CodedLists: Sendable {
  let codec: any BlockCodec
  let similarity: Similarity
  /// One row of `codec.dimension` components for each list.
  let centroids: Column<Float>
  /// The first place of each list, and the number of places.
  let starts: Column<UInt32>
  /// The row at each place.
  let rows: Column<Row>
  let blocks: Column<UInt8>
  /// `codec.residualBytes` for each place.
  let residuals: Column<UInt8>
  /// What a score needs beside the codes, for each place; empty where nothing is needed.
  let terms: Column<Float>
  /// The first block of each list.
  private let firstBlocks: [Int]

  var listCount: Int { max(0, starts.count - 1) }

  init(
    codec: any BlockCodec, similarity: Similarity, centroids: Column<Float>, starts: Column<UInt32>, rows: Column<Row>,
    blocks: Column<UInt8>, residuals: Column<UInt8>, terms: Column<Float>
  ) {
    self.codec = codec
    self.similarity = similarity
    self.centroids = centroids
    self.starts = starts
    self.rows = rows
    self.blocks = blocks
    self.residuals = residuals
    self.terms = terms
    firstBlocks = Self.firstBlocks(starts.elements, codec)
  }

  /// The first block of each list, and the number of blocks.
  static func firstBlocks(_ starts: [UInt32], _ codec: any BlockCodec) -> [Int] {
    var blocks = [0]
    for (start, end) in zip(starts, starts.dropFirst()) {
      blocks.append(blocks[blocks.count - 1] + (Int(end - start) + codec.blockRows - 1) / codec.blockRows)
    }
    return blocks
  }

  func places(of list: Int) -> Range<Int> { Int(starts[list])..<Int(starts[list + 1]) }

  /// Whether scores are distances, and need the terms of distances.
  private var isEuclidean: Bool { similarity == .euclidean }

  @unsafe func centroid(_ list: Int) -> UnsafePointer<Float> { unsafe centroids.start + list * codec.dimension }

  @unsafe func block(containing place: Int, of list: Int) -> UnsafePointer<UInt8> {
    let index = (place - Int(starts[list])) / codec.blockRows
    return unsafe blocks.start + (firstBlocks[list] + index) * codec.blockBytes
  }

  var codeBytes: Int {
    blocks.region.count + residuals.region.count + terms.region.count + centroids.region.count + starts.region.count
      + rows.region.count + codec.sharedBytes
  }

  // MARK: - Scores

  /// What the score of a row in a list is before its code is looked at, and what the code's score is multiplied by.
  ///
  /// With `x ≈ c + r`: the product is `⟨q, c⟩ + ⟨q, r⟩`, and the negative squared distance is
  /// `-|q - c|² + 2 ⟨q, r⟩ + (-|r|² - 2 ⟨c, r⟩)`, where the last part is the row's term. So the query is prepared once for
  /// all lists.
  func base(centroidScore: Float, queryDistance: Float) -> (offset: Float, factor: Float) {
    guard codec.codesDifferences else { return (0, 1) }
    return isEuclidean ? (-queryDistance * queryDistance, 2) : (centroidScore, 1)
  }

  static func needsTerms(_ codec: any BlockCodec, _ similarity: Similarity) -> Bool {
    similarity == .euclidean || codec.hasMargins
  }

  /// The term of a row whose difference from its centroid is `row` and is compared as `decoded`.
  static func term(
    of row: UnsafePointer<Float>, decoded: UnsafePointer<Float>, centroid: UnsafePointer<Float>, codec: any BlockCodec,
    similarity: Similarity
  ) -> Float {
    var (squaredRow, squaredDecoded, rowProduct, product) = (0.0, 0.0, 0.0, 0.0)
    for index in 0..<codec.dimension {
      let (x, y, c) = unsafe (Double(row[index]), Double(decoded[index]), Double(centroid[index]))
      squaredRow += x * x
      squaredDecoded += y * y
      rowProduct += x * c
      product += y * c
    }
    // The part of an inner product that lies along the centroid is known exactly; only the rest needs to be estimated.
    guard similarity == .euclidean else { return Float(rowProduct - product) }
    return -codec.squaredLength(ofRow: Float(squaredRow), decoded: Float(squaredDecoded)) - Float(2 * product)
  }

  /// What the code at a place stands for, as precisely as it tells.
  @unsafe func decode(
    _ place: Int, of list: Int, code: UnsafeMutablePointer<UInt8>, into row: UnsafeMutablePointer<Float>
  ) {
    unsafe codec.unpack((place - Int(starts[list])) % codec.blockRows, of: block(containing: place, of: list), into: code)
    let residual = unsafe codec.residualBytes > 0 ? residuals.start + place * codec.residualBytes : nil
    unsafe codec.decode(code, residual: residual, into: row)
    guard codec.codesDifferences else { return }
    let centroid = unsafe centroid(list)
    for index in 0..<codec.dimension { unsafe row[index] += centroid[index] }
  }

  /// The list that a place belongs to.
  func list(of place: Int) -> Int {
    var (low, high) = (0, listCount)
    while high - low > 1 {
      let middle = (low + high) / 2
      if Int(starts[middle]) <= place { low = middle } else { high = middle }
    }
    return low
  }
}
