internal import NeedletailCore

/// Rows in groups by their length, each group compressed on its own: long rows weigh more in inner products, so they get
/// more room (Zhang et al., VLDB 2024, MagPQ and MagSVD).
struct MagnitudeGroups: CompressedVectors {
  let count: Int
  let dimension: Int
  private let groups: [any CompressedVectors]
  /// The group of each row, and its place there.
  private let groupOfRow: [UInt32]
  private let placeOfRow: [UInt32]

  init(_ vectors: DenseVectors, members: [[Int]], groups: [any CompressedVectors]) {
    count = vectors.count
    dimension = vectors.dimension
    self.groups = groups
    var (groupOfRow, placeOfRow) = ([UInt32](repeating: 0, count: vectors.count), [UInt32](repeating: 0, count: vectors.count))
    for (group, rows) in members.enumerated() {
      for (place, row) in rows.enumerated() { (groupOfRow[row], placeOfRow[row]) = (UInt32(group), UInt32(place)) }
    }
    (self.groupOfRow, self.placeOfRow) = (groupOfRow, placeOfRow)
  }

  /// The rows in descending order of length, cut in two where half of the sum of lengths is reached.
  static func members(of vectors: DenseVectors) -> [[Int]] {
    let lengths = (0..<vectors.count).map { row in
      vectors[row].reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    }
    let order = lengths.indices.sorted { (lengths[$1], $0) < (lengths[$0], $1) }
    let half = lengths.reduce(0, +) / 2
    var (sum, cut) = (0.0, 0)
    while cut < order.count, sum < half {
      sum += lengths[order[cut]]
      cut += 1
    }
    return [Array(order[..<cut]), Array(order[cut...])].filter { !$0.isEmpty }
  }

  /// Bits of the map from a row to its group and place.
  static func mapBits(count: Int) -> Int { count * 33 }

  var storage: [StoredPart] {
    groups.enumerated().flatMap { number, group in
      group.storage.map { StoredPart(name: "\($0.name) of group \(number + 1)", bits: $0.bits) }
    } + [StoredPart(name: "map", bits: Self.mapBits(count: count))]
  }

  func decode(_ rows: Range<Int>) -> [Float] {
    let whole = groups.map { $0.decode(0..<$0.count) }
    return rows.flatMap { row in
      let start = Int(placeOfRow[row]) * dimension
      return whole[Int(groupOfRow[row])][start..<start + dimension]
    }
  }
}
