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

  // The inverted index of the representatives. The entries of term t, as many as `sizes[t]`, end at `ends[t] - 1`; each is a
  // representative's number and its weight.
  private var ends: [UInt32]
  private var sizes: [UInt32]
  private var entries: [(representative: UInt32, weight: Float)] = []
  private var products: [Float] = []

  init(
    _ vectors: SparseCodes, heaviest: SparseCodes, dimension: Int, _ blocking: ClusteredSparseParameters.Blocking, seed: UInt64
  ) {
    self.vectors = vectors
    self.heaviest = heaviest
    self.blocking = blocking
    self.seed = seed
    ends = Array(repeating: 0, count: dimension)
    sizes = ends
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
    var counts = [Int](repeating: 0, count: representatives.count)
    for representative in assigned { counts[representative] += 1 }
    for representative in isOpen.indices { isOpen[representative] = counts[representative] > smallestBlock }
    guard isOpen.contains(true) else { return [rows] }
    for (place, row) in rows.enumerated() where !isOpen[assigned[place]] { assigned[place] = nearest(row, isOpen) }
    var blocks = [[Row]](repeating: [], count: representatives.count)
    for (place, row) in rows.enumerated() { blocks[assigned[place]].append(row) }
    return blocks.filter { !$0.isEmpty }
  }

  private mutating func index(_ representatives: [Row]) {
    let (terms, codes) = unsafe (vectors.terms.start, vectors.codes.start)
    var count = 0
    for row in representatives {
      for place in vectors.range(Int(row)) { unsafe sizes[Int(terms[place])] += 1 }
      count += vectors.range(Int(row)).count
    }
    if entries.count < count { entries += Array(repeating: (0, 0), count: count - entries.count) }
    var next: UInt32 = 0
    for row in representatives {
      for place in vectors.range(Int(row)) {
        let term = unsafe Int(terms[place])
        guard ends[term] == 0 else { continue }
        // For now where they begin; the loop below moves it to their end. 1 on top tells it from an unused term.
        ends[term] = next + 1
        next += sizes[term]
      }
    }
    for (number, row) in representatives.enumerated() {
      for place in vectors.range(Int(row)) {
        let term = unsafe Int(terms[place])
        entries[Int(ends[term]) - 1] = unsafe (UInt32(number), Float(codes[place]))
        ends[term] += 1
      }
    }
    products = Array(repeating: 0, count: representatives.count)
  }

  private mutating func clear(_ representatives: [Row]) {
    for row in representatives {
      for place in vectors.range(Int(row)) {
        ends[Int(vectors.terms[place])] = 0
        sizes[Int(vectors.terms[place])] = 0
      }
    }
  }

  /// The open representative with the largest inner product, the first to reach it; the first open one for a row that shares no
  /// component with any.
  private mutating func nearest(_ row: Row, _ isOpen: [Bool]) -> Int {
    let places = heaviest.range(Int(row))
    let best = unsafe products.withUnsafeMutableBufferPointer { products in
      unsafe products.update(repeating: 0)
      return unsafe entries.withUnsafeBufferPointer { entries in
        unsafe isOpen.withUnsafeBufferPointer { isOpen in
          var best = -1
          var highest: Float = 0
          for place in places {
            let term = Int(heaviest.terms[place])
            let code = Float(heaviest.codes[place])
            let end = Int(ends[term]) - 1
            guard end > 0 else { continue }
            for entry in end - Int(sizes[term])..<end {
              let (representative, weight) = unsafe entries[entry]
              let product = unsafe products[Int(representative)] + code * weight
              unsafe products[Int(representative)] = product
              // Products only grow, so the highest at any time is the highest at the end.
              if product > highest, unsafe isOpen[Int(representative)] {
                highest = product
                best = Int(representative)
              }
            }
          }
          return best
        }
      }
    }
    return best >= 0 ? best : isOpen.firstIndex(of: true) ?? 0
  }
}
