internal import NeedletailNumerics

/// Rows of their own for the most frequent features, shared ones for the others: none of the first is hashing, none of the
/// second is a full table.
struct SharedRows: LearnedTable {
  private let dimension: Int
  private let ownRows: Int
  private let sharedRows: Int
  private let mapBits: Int

  init(featureCount: Int, dimension: Int, ownRows: Int, sharedRows: Int) {
    self.dimension = dimension
    self.ownRows = ownRows
    self.sharedRows = sharedRows
    mapBits = 0
  }

  /// A tenth of the features at most keep rows of their own, and at most half of the budget goes there.
  init?(featureCount: Int, dimension: Int, budgetBytes: Int) {
    let rows = budgetBytes / (4 * dimension)
    guard rows >= 2 else { return nil }
    self.dimension = dimension
    ownRows = min(featureCount / 10, rows / 2)
    sharedRows = min(rows - ownRows, featureCount - ownRows)
    mapBits = 32 * featureCount
  }

  var parameters: [(name: String, shape: Shape, isTrained: Bool)] { [("rows", [ownRows + sharedRows, dimension], true)] }

  var storage: [StoredPart] {
    [StoredPart(name: "rows", bits: 32 * (ownRows + sharedRows) * dimension)]
      + (mapBits > 0 ? [StoredPart(name: "map", bits: mapBits)] : [])
  }

  func rows(_ features: [Int32], _ tape: Tape, _ parameters: Parameters) throws(TensorError) -> Tensor {
    let places = features.map { feature in
      Int(feature) < ownRows ? feature : Int32(ownRows + (Int(feature) - ownRows) % max(1, sharedRows))
    }
    return try tape.parameter(parameters.all[0], of: parameters).gathered(places)
  }
}

/// The product by components of two rows: of the quotient of the feature's number, and of its remainder.
struct FactoredRows: LearnedTable {
  private let dimension: Int
  private let remainders: Int
  private let quotients: Int

  /// The fewest remainders with which both tables together keep within the rows; the fewest of all are twice the root.
  init?(featureCount: Int, dimension: Int, rowLimit: Int) {
    self.dimension = dimension
    func rows(_ remainders: Int) -> Int { (featureCount + remainders - 1) / remainders + remainders }
    let root = max(1, Int(Double(featureCount).squareRoot().rounded(.up)))
    guard rows(root) <= rowLimit else { return nil }
    var (low, high) = (1, root)
    while low < high {
      let middle = (low + high) / 2
      if rows(middle) <= rowLimit { high = middle } else { low = middle + 1 }
    }
    remainders = low
    quotients = (featureCount + low - 1) / low
  }

  var parameters: [(name: String, shape: Shape, isTrained: Bool)] {
    [("quotients", [quotients, dimension], true), ("remainders", [remainders, dimension], true)]
  }

  var storage: [StoredPart] {
    [
      StoredPart(name: "quotients", bits: 32 * quotients * dimension),
      StoredPart(name: "remainders", bits: 32 * remainders * dimension),
    ]
  }

  /// Remainders begin as random signs, so that features with one quotient begin far apart.
  func initialise(_ parameters: Parameters, _ generator: inout SeededGenerator) {
    let (quotient, remainder) = (parameters.all[0], parameters.all[1])
    parameters[quotient] = (0..<quotient.shape.count).map { _ in Self.spread * generator.normalFloat() }
    parameters[remainder] = (0..<remainder.shape.count).map { _ in generator.next() >> 63 == 0 ? 1 : -1 }
  }

  func rows(_ features: [Int32], _ tape: Tape, _ parameters: Parameters) throws(TensorError) -> Tensor {
    let first = try tape.parameter(parameters.all[0], of: parameters).gathered(features.map { $0 / Int32(remainders) })
    let second = try tape.parameter(parameters.all[1], of: parameters).gathered(features.map { $0 % Int32(remainders) })
    return try first.multiplied(by: second)
  }
}

/// Groups of features, the frequent ones small and with long rows, the rare ones large and with short rows that a matrix of the
/// group brings to full length.
struct ShorterRows: LearnedTable {
  private struct Group {
    let features: Range<Int>
    let width: Int
  }

  private let dimension: Int
  private let groups: [Group]

  /// Widths are `dimension · (n₀ / n)^α`, rounded to powers of two, with the least `α` that keeps within the numbers.
  init?(featureCount: Int, dimension: Int, numberLimit: Int) {
    self.dimension = dimension
    let ends = Set([256, 64, 16, 4, 1].map { max(1, featureCount / $0) }).sorted()
    let ranges = ends.enumerated().map { ($0 == 0 ? 0 : ends[$0 - 1])..<$1 }
    func groups(_ exponent: Double) -> [Group] {
      ranges.map { range in
        let share = Exponential.power(Double(ranges[0].count) / Double(range.count), exponent)
        var width = 1
        while 3 * width <= Int(2 * share * Double(dimension)), 2 * width <= dimension { width *= 2 }
        return Group(features: range, width: share >= 1 ? dimension : width)
      }
    }
    func numbers(_ groups: [Group]) -> Int {
      groups.reduce(0) { $0 + $1.features.count * $1.width + ($1.width < dimension ? $1.width * dimension : 0) }
    }
    guard let fitting = (0...60).lazy.map({ groups(Double($0) / 20) }).first(where: { numbers($0) <= numberLimit }) else {
      return nil
    }
    self.groups = fitting
  }

  var parameters: [(name: String, shape: Shape, isTrained: Bool)] {
    groups.enumerated().flatMap { number, group -> [(name: String, shape: Shape, isTrained: Bool)] in
      [("rows \(number)", [group.features.count, group.width], true)]
        + (group.width < dimension ? [("matrix \(number)", [dimension, group.width], true)] : [])
    }
  }

  var storage: [StoredPart] { parameters.map { StoredPart(name: $0.name, bits: 32 * $0.shape.count) } }

  func initialise(_ parameters: Parameters, _ generator: inout SeededGenerator) {
    for parameter in parameters.all {
      // Matrices keep the length of what they widen.
      let deviation = parameter.name.hasPrefix("matrix") ? 1 / Float(parameter.shape.columns).squareRoot() : Self.spread
      parameters[parameter] = (0..<parameter.shape.count).map { _ in deviation * generator.normalFloat() }
    }
  }

  func rows(_ features: [Int32], _ tape: Tape, _ parameters: Parameters) throws(TensorError) -> Tensor {
    var parts: [Tensor] = []
    var places = [Int32](repeating: 0, count: features.count)
    var filled: Int32 = 0
    for (number, group) in groups.enumerated() {
      let members = features.indices.filter { group.features.contains(Int(features[$0])) }
      guard !members.isEmpty, let table = parameters.parameter(named: "rows \(number)") else { continue }
      for member in members {
        places[member] = filled
        filled += 1
      }
      let rows = try tape.parameter(table, of: parameters)
        .gathered(members.map { features[$0] - Int32(group.features.lowerBound) })
      if let matrix = parameters.parameter(named: "matrix \(number)") {
        parts.append(try rows.linear(tape.parameter(matrix, of: parameters)))
      } else {
        parts.append(rows)
      }
    }
    return try Tensor.concatenated(parts).gathered(places)
  }
}

/// Every component is an entry of one array, with a sign; which entry and which sign, hashing decides.
struct ArrayRows: LearnedTable {
  private let dimension: Int
  private let numberCount: Int

  init(dimension: Int, numberCount: Int) {
    self.dimension = dimension
    self.numberCount = numberCount
  }

  var parameters: [(name: String, shape: Shape, isTrained: Bool)] { [("array", [numberCount, 1], true)] }
  // The numbers of the hash functions are counted with it.
  var storage: [StoredPart] { [StoredPart(name: "array", bits: 32 * numberCount), StoredPart(name: "hashes", bits: 32 * 16)] }

  private func hash(_ feature: Int32, _ component: Int) -> UInt64 {
    var mixer = SeededGenerator(seed: UInt64(UInt32(bitPattern: feature)) << 20 | UInt64(component))
    return mixer.next()
  }

  func rows(_ features: [Int32], _ tape: Tape, _ parameters: Parameters) throws(TensorError) -> Tensor {
    var (places, signs): ([Int32], [Float]) = ([], [])
    for feature in features {
      for component in 0..<dimension {
        let number = hash(feature, component)
        places.append(Int32((number >> 32) % UInt64(numberCount)))
        signs.append(number & 1 == 0 ? 1 : -1)
      }
    }
    let shape: Shape = [features.count, dimension]
    return try tape.parameter(parameters.all[0], of: parameters).gathered(places).reshaped(shape)
      .multiplied(by: tape.constant(signs, shape: shape))
  }
}
