internal import NeedletailNumerics

/// What an occurrence in each field is worth before saturation: weight / (flat + slope · length of the field).
struct FieldScorer {
  let fieldCount: Int
  private let weights: [Float]
  private let flats: [Float]
  private let slopes: [Float]

  init(_ parameters: FieldedBM25Parameters, _ statistics: LexicalStatistics) {
    fieldCount = parameters.fields.count
    weights = parameters.fields.map(\.weight)
    flats = parameters.fields.map { 1 - $0.lengthNormalization }
    slopes = parameters.fields.indices.map { parameters.fields[$0].lengthNormalization / Float(statistics.averageLength(ofField: $0)) }
  }

  /// What `frequency` occurrences in a field of `length` terms, at least 1, are worth.
  @inline(__always)
  func occurrences(_ frequency: Float, field: Int, length: Float) -> Float {
    weights[field] * (frequency / (flats[field] + slopes[field] * length))
  }

  /// A number that the occurrences in one slot of a block do not exceed, if the slot is of this field.
  func bound(_ block: PostingBlock, field: Int) -> Float {
    var highest: Float = 0
    for bound in [block.bounds.0, block.bounds.1, block.bounds.2].prefix(Int(block.boundCount)) {
      // A length in a file may be 0, and so may be what divides then.
      let worth = occurrences(bound.effectiveFrequency, field: field, length: Float(max(bound.length, 1)))
      highest = max(highest, worth.isNaN ? .infinity : worth)
    }
    return weights[field] > 0 ? highest * (1 + 0x1p-20) : 0
  }
}

extension TermCursor {
  /// About how many postings the slots from the current block to `end` have, and a number that no share of a row there exceeds, where
  /// documents have fields.
  func outlook(below end: UInt32, _ fields: FieldScorer, in index: LexicalIndex) -> (postings: Int, bound: UInt32) {
    var highest = [Float](repeating: 0, count: fields.fieldCount)
    var number = block
    while number < blockCount {
      if number > block, lastRow(ofBlock: number - 1, index) + 1 >= end { break }
      for field in 0..<fields.fieldCount { highest[field] = max(highest[field], fields.bound(index.blocks[Int(entry.firstBlock) + number], field: field)) }
      number += 1
    }
    guard number > block else { return (0, 0) }
    return ((number - block) * PostingBlock.capacity, scorer.bound(occurrences: highest.reduce(0, +)))
  }

  /// Adds the shares of the rows of a window to their sums, where documents have fields.
  ///
  /// - Precondition: there is a sum for each row of the window.
  @unsafe mutating func accumulate(
    _ window: Range<UInt32>, _ fields: FieldScorer, into sums: UnsafeMutablePointer<UInt32>, _ index: LexicalIndex
  ) {
    let fieldCount = UInt32(fields.fieldCount)
    let end = window.upperBound * fieldCount
    var row = window.lowerBound
    var occurrences: Float = 0
    move(to: window.lowerBound * fieldCount, in: index)
    while let (slot, frequency) = posting(below: end, in: index) {
      if slot / fieldCount != row {
        unsafe sums[Int(row - window.lowerBound)] += scorer.share(occurrences: occurrences)
        row = slot / fieldCount
        occurrences = 0
      }
      let field = Int(slot - row * fieldCount)
      occurrences += fields.occurrences(Float(frequency), field: field, length: Float(index.lengths[Int(slot)]))
      advance()
    }
    unsafe sums[Int(row - window.lowerBound)] += scorer.share(occurrences: occurrences)
  }

  /// The share of a row, which is above those asked for before; 0 if the term is not in it.
  mutating func share(of row: UInt32, _ fields: FieldScorer, in index: LexicalIndex) -> UInt32 {
    let first = row * UInt32(fields.fieldCount)
    var occurrences: Float = 0
    move(to: first, in: index)
    while let (slot, frequency) = posting(below: first + UInt32(fields.fieldCount), in: index) {
      occurrences += fields.occurrences(Float(frequency), field: Int(slot - first), length: Float(index.lengths[Int(slot)]))
      advance()
    }
    return scorer.share(occurrences: occurrences)
  }
}
