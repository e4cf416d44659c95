internal import NeedletailNumerics

/// Divides the rows of a list into blocks.
///
/// Shallow clustering in one pass, without moving the representatives (section 4.2 of the paper that
/// ``ClusteredSparseIndex`` names). Rows are compared by their heaviest components only, through an inverted index of the
/// representatives, as the authors' implementation does.
struct SparseBlocking {
  private let vectors: SparseCodes
  /// The heaviest components of each row.
  private let heaviest: SparseCodes
  private let blocking: ClusteredSparseParameters.Blocking
  private let seed: UInt64

  // The inverted index of the representatives: for each term the last entry of a chain, or -1.
  private var heads: [Int32]
  private var chain: [(next: Int32, representative: UInt32, code: UInt32)] = []
  private var products: [UInt64] = []

  init(
    _ vectors: SparseCodes, heaviest: SparseCodes, dimension: Int, _ blocking: ClusteredSparseParameters.Blocking, seed: UInt64
  ) {
    self.vectors = vectors
    self.heaviest = heaviest
    self.blocking = blocking
    self.seed = seed
    heads = Array(repeating: -1, count: dimension)
  }

  /// The blocks of the list of a term, none of them empty, each with ascending rows.
  mutating func blocks(of rows: ArraySlice<Row>, term: Int) -> [[Row]] {
    guard !rows.isEmpty else { return [] }
    var generator = SeededGenerator(seed: seed ^ (UInt64(term) &* 0xD1B5_4A32_D192_ED03))
    switch blocking {
    case .consecutive(let size): return runs(Array(rows), size)
    case .shuffled(let size): return runs(rows.shuffled(using: &generator), size).map { $0.sorted() }
    case .geometric(let share, let smallestBlock):
      let count = max(1, min(rows.count, Int((share * Double(rows.count)).rounded(.down)), 65_535))
      return clusters(Array(rows), representatives: sample(rows, count, &generator), smallestBlock)
    }
  }

  private func runs(_ rows: [Row], _ size: Int) -> [[Row]] {
    stride(from: 0, to: rows.count, by: size).map { Array(rows[$0..<min(rows.count, $0 + size)]) }
  }

  /// Some of the rows, each subset as likely as the other (selection sampling).
  private func sample(_ rows: ArraySlice<Row>, _ count: Int, _ generator: inout SeededGenerator) -> [Row] {
    var chosen: [Row] = []
    for (number, row) in rows.enumerated() {
      if Int.random(in: 0..<rows.count - number, using: &generator) < count - chosen.count { chosen.append(row) }
    }
    return chosen
  }

  private mutating func clusters(_ rows: [Row], representatives: [Row], _ smallestBlock: Int) -> [[Row]] {
    guard representatives.count > 1 else { return [rows] }
    index(representatives)
    defer { clear(representatives) }
    var isOpen = [Bool](repeating: true, count: representatives.count)
    var assigned = rows.map { nearest($0, isOpen) }
    var sizes = [Int](repeating: 0, count: representatives.count)
    for representative in assigned { sizes[representative] += 1 }
    for representative in isOpen.indices { isOpen[representative] = sizes[representative] > smallestBlock }
    guard isOpen.contains(true) else { return [rows] }
    for (place, row) in rows.enumerated() where !isOpen[assigned[place]] { assigned[place] = nearest(row, isOpen) }
    var blocks = [[Row]](repeating: [], count: representatives.count)
    for (place, row) in rows.enumerated() { blocks[assigned[place]].append(row) }
    return blocks.filter { !$0.isEmpty }
  }

  private mutating func index(_ representatives: [Row]) {
    chain.removeAll(keepingCapacity: true)
    for (number, row) in representatives.enumerated() {
      for place in vectors.range(Int(row)) {
        let term = Int(vectors.terms[place])
        chain.append((heads[term], UInt32(number), UInt32(vectors.codes[place])))
        heads[term] = Int32(chain.count - 1)
      }
    }
    products = Array(repeating: 0, count: representatives.count)
  }

  private mutating func clear(_ representatives: [Row]) {
    for row in representatives {
      for place in vectors.range(Int(row)) { heads[Int(vectors.terms[place])] = -1 }
    }
  }

  /// The open representative with the largest inner product; the first of equal ones.
  private mutating func nearest(_ row: Row, _ isOpen: [Bool]) -> Int {
    for place in heaviest.range(Int(row)) {
      let code = UInt64(heaviest.codes[place])
      var entry = heads[Int(heaviest.terms[place])]
      while entry >= 0 {
        let link = chain[Int(entry)]
        products[Int(link.representative)] += code * UInt64(link.code)
        entry = link.next
      }
    }
    var best = -1
    var product: UInt64 = 0
    for representative in products.indices {
      if isOpen[representative], best < 0 || products[representative] > product {
        best = representative
        product = products[representative]
      }
      products[representative] = 0
    }
    return best
  }
}
