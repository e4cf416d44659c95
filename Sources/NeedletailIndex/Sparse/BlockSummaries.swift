/// Makes the summaries of blocks: the maximum over the block's rows, component by component, cut down to its heaviest
/// components, in 8 bits.
///
/// A component v becomes the code ceil(255 v / M), M being the block's largest, so that what a summary keeps never promises too
/// little. Deviation: the paper spreads the codes over the range from the smallest to the largest kept component; from 0
/// on, one multiplication for each block turns a sum of codes into a score.
struct BlockSummaries {
  private let vectors: SparseCodes
  private let kind: ClusteredSparseParameters.Summary
  private var maxima: [UInt16]
  /// The components that differ from 0, each a maximum and a complemented term in one integer: heaviest first, equal ones by
  /// term, when sorted downwards.
  private var components: [UInt64] = []
  private var masses = [UInt64](repeating: 0, count: Self.bucketCount)

  private static let bucketCount = 256

  init(_ vectors: SparseCodes, dimension: Int, _ kind: ClusteredSparseParameters.Summary) {
    self.vectors = vectors
    self.kind = kind
    maxima = Array(repeating: 0, count: dimension)
  }

  /// The kept components of a block in ascending order, and what a code of 1 stands for, in codes of rows.
  mutating func summary(of rows: [Row]) -> (entries: [(term: UInt32, code: UInt8)], scale: Float) {
    collect(rows)
    let largest = UInt32(components.reduce(0) { max($0, $1 >> 32) })
    guard largest > 0 else { return ([], 1) }
    keepHeaviest(largest)
    let entries = components.map { key in
      (term: ~UInt32(truncatingIfNeeded: key), code: UInt8((UInt32(key >> 32) * 255 + largest - 1) / largest))
    }
    return (entries.sorted { $0.term < $1.term }, Float(largest) / 255)
  }

  private mutating func collect(_ rows: [Row]) {
    let (terms, codes) = unsafe (vectors.terms.start, vectors.codes.start)
    var found: [UInt64] = []
    swap(&found, &components)
    found.removeAll(keepingCapacity: true)
    unsafe maxima.withUnsafeMutableBufferPointer { maxima in
      for row in rows {
        for place in vectors.range(Int(row)) {
          let term = unsafe terms[place]
          let maximum = unsafe maxima[Int(term)]
          if maximum == 0 { found.append(UInt64(~term)) }
          unsafe maxima[Int(term)] = unsafe max(maximum, codes[place])
        }
      }
      for place in found.indices {
        let term = Int(~UInt32(truncatingIfNeeded: found[place]))
        found[place] |= unsafe UInt64(maxima[term]) << 32
        unsafe maxima[term] = 0
      }
    }
    swap(&found, &components)
  }

  private mutating func keepHeaviest(_ largest: UInt32) {
    switch kind {
    case .components(let count):
      components.sort(by: >)
      components.removeLast(max(0, components.count - count))
    case .mass(let share): keepMass(share, largest)
    }
  }

  /// Keeps the shortest run of heaviest components whose sum reaches the share of all; the one that crosses the mark stays.
  ///
  /// Buckets of equal leading bits tell which component that is without sorting all.
  private mutating func keepMass(_ share: Double, _ largest: UInt32) {
    let shift = UInt64(max(0, 32 - largest.leadingZeroBitCount - 8) + 32)
    for bucket in masses.indices { masses[bucket] = 0 }
    for key in components { masses[Int(key >> shift)] += key >> 32 }
    let wanted = share * Double(masses.reduce(0, +))
    var sum: UInt64 = 0
    var bucket = Self.bucketCount - 1
    while bucket > 0, Double(sum + masses[bucket]) < wanted {
      sum += masses[bucket]
      bucket -= 1
    }
    var crossing = components.filter { Int($0 >> shift) == bucket }
    crossing.sort(by: >)
    var count = 0
    while count < crossing.count, Double(sum) < wanted {
      sum += crossing[count] >> 32
      count += 1
    }
    components.removeAll { Int($0 >> shift) < bucket }
    let lightest = count > 0 ? crossing[count - 1] : .max
    components.removeAll { Int($0 >> shift) == bucket && $0 < lightest }
  }
}
