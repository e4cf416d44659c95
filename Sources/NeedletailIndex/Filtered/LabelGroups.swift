/// The rows grouped by their labels: one group for each set of labels that occurs.
struct LabelGroups: Sendable {
  /// The label set of each group, ascending; groups with few labels come first.
  let sets: [[Label]]
  /// The rows of each group, the first of them the one to start from.
  private(set) var members: [[Row]]
  private let groupOfRow: [UInt32]
  private let groupsByLabel: [[Int]]
  private let numbers: [[Label]: Int]

  init(_ labels: LabelColumn) {
    var rows: [[Label]: [Row]] = [:]
    for row in 0..<Row(labels.count) { rows[Array(labels.labels(of: row)), default: []].append(row) }
    sets = rows.keys.sorted { $0.count != $1.count ? $0.count < $1.count : $0.lexicographicallyPrecedes($1) }
    members = sets.map { rows[$0] ?? [] }
    var groupOfRow = [UInt32](repeating: 0, count: labels.count)
    var groupsByLabel = [[Int]](repeating: [], count: labels.labelCount)
    var numbers: [[Label]: Int] = [:]
    for (number, set) in sets.enumerated() {
      numbers[set] = number
      for label in set { groupsByLabel[Int(label)].append(number) }
      for row in members[number] { groupOfRow[Int(row)] = UInt32(number) }
    }
    self.groupOfRow = groupOfRow
    self.groupsByLabel = groupsByLabel
    self.numbers = numbers
  }

  var count: Int { sets.count }

  var byteCount: Int {
    let numbers = sets.reduce(0) { $0 + 2 * $1.count } + groupOfRow.count + members.reduce(0) { $0 + $1.count }
    return numbers * MemoryLayout<UInt32>.size
  }

  func group(of row: Row) -> Int { Int(groupOfRow[Int(row)]) }

  /// The group of exactly these labels, which are ascending.
  func number(of set: [Label]) -> Int? { numbers[set] }

  /// The groups whose label sets include `labels` (ascending) and no other such set.
  ///
  /// - Parameter strictly: leaves out the group of exactly these labels.
  func smallest(including labels: [Label], strictly: Bool = false) -> [Int] {
    if !strictly, let group = numbers[labels] { return [group] }
    // Groups with fewer labels come first, so whatever includes another comes behind it.
    var found: [Int] = []
    for group in supersets(of: labels) where sets[group].count > labels.count || !strictly {
      let isCovered = found.contains { Self.includes(sets[group], sets[$0]) }
      if !isCovered { found.append(group) }
    }
    return found
  }

  /// The groups whose label sets include `labels`, itself among them, ascending.
  func supersets(of labels: [Label]) -> [Int] {
    guard labels.allSatisfy({ $0 < groupsByLabel.count }) else { return [] }
    guard let rarest = labels.min(by: { groupsByLabel[Int($0)].count < groupsByLabel[Int($1)].count }) else {
      return Array(sets.indices)
    }
    return groupsByLabel[Int(rarest)].filter { Self.includes(sets[$0], labels) }
  }

  /// Whether a set includes another; both ascending.
  private static func includes(_ set: [Label], _ part: [Label]) -> Bool {
    guard set.count >= part.count else { return false }
    var place = 0
    for label in part {
      while place < set.count, set[place] < label { place += 1 }
      guard place < set.count, set[place] == label else { return false }
      place += 1
    }
    return true
  }

  /// Puts one row of each group first.
  mutating func start(each group: Int, from row: Row) {
    guard let place = members[group].firstIndex(of: row) else { return }
    members[group].swapAt(0, place)
  }
}
