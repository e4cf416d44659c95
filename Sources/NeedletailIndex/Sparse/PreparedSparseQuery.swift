internal import NeedletailCore
internal import NeedletailNumerics

/// A sparse query in whole numbers, ready for the kernels. One search uses it at a time.
final class PreparedSparseQuery {
  let table: SparseQueryTable
  /// The query as it was asked.
  private(set) var vector = SparseVector()
  /// Its terms by descending weight, equal ones by ascending term.
  private(set) var heaviestTerms: [UInt32] = []
  /// What a code of 1 stands for.
  private(set) var scale: Float = 1
  /// Whether codes times scale are the weights.
  private(set) var isExact = true

  /// Codes add up to at most this, so that sums with codes of rows below 2^15 stay below 2^31.
  private static let largestSum: Float = 65_535
  private static let largestCode: Float = 32_767

  init(dimension: Int) {
    table = SparseQueryTable(dimension: dimension)
  }

  /// - Throws: `unusableVector` for a negative weight or a term that is not below the dimension.
  func prepare(_ query: SparseVector) throws(IndexError) {
    try query.check(dimension: table.dimension)
    vector = query
    let sum = query.weights.reduce(0, +)
    let largest = query.weights.max() ?? 0
    isExact = sum <= Self.largestSum && largest <= Self.largestCode && query.weights.allSatisfy { $0 == $0.rounded() }
    // Rounding may raise each code by a half.
    let room = max(1, Self.largestSum - Float(query.count))
    scale = isExact || sum <= 0 ? 1 : max(sum / room, largest / Self.largestCode)
    if !scale.isFinite || scale <= 0 { throw .unusableVector(row: nil, reason: "its weights add up to \(sum)") }
    let scale = scale
    table.load(query.terms, codes: query.weights.map { UInt16(min(($0 / scale).rounded(), Self.largestCode)) })
    let order = zip(query.weights, query.terms).sorted { $0.0 != $1.0 ? $0.0 > $1.0 : $0.1 < $1.1 }
    heaviestTerms = order.map(\.1)
  }
}
