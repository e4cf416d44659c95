internal import NeedletailCore

/// What one path leads to in the payloads of a block, arranged by value.
///
/// Made when a filter first asks for the path, so no index has to be declared for filters to be fast; blocks do not
/// change, so it holds as long as the block.
struct FieldColumn: Sendable {
  private var strings: [String: BlockMask] = [:]
  private var integers: [Int64: BlockMask] = [:]
  private var numbers: [(value: Double, place: UInt8)] = []
  private var dates: [(value: Int64, mask: BlockMask)] = []
  private var places: [(point: GeoPoint, place: UInt8)] = []
  private var isTrue = BlockMask.none
  private var isFalse = BlockMask.none
  /// Places with a value that is none of the above and not null.
  private var other = BlockMask.none
  private var isNull = BlockMask.none
  private var isNotEmpty = BlockMask.none
  private var counts: [(count: Int, place: UInt8)] = []
  /// Places the path leads nowhere from.
  private var missing = BlockMask.none

  init(_ path: PayloadPath, of payloads: [Payload], in mask: BlockMask) {
    mask.forEach { place in
      let values = path.values(in: payloads[place])
      if values.isEmpty { missing.insert(place) }
      for value in values { add(value, at: place) }
    }
    for (string, mask) in strings where string.utf8.count >= 10 {
      if let date = DateTimeText.microseconds(string) { dates.append((date, mask)) }
    }
  }

  private mutating func add(_ value: JSONValue, at place: Int) {
    counts.append((value.valueCount, UInt8(place)))
    if value == .null || value.isListWithNull { isNull.insert(place) }
    if value != .null, value != .array([]) { isNotEmpty.insert(place) }
    for scalar in value.opened {
      switch scalar {
      case .null: break
      case .bool(let value): value ? isTrue.insert(place) : isFalse.insert(place)
      case .string(let value): strings[value, default: .none].insert(place)
      case .integer(let value):
        integers[value, default: .none].insert(place)
        numbers.append((Double(value), UInt8(place)))
      case .number(let value):
        numbers.append((value, UInt8(place)))
        other.insert(place)
      case .array: other.insert(place)
      case .object:
        other.insert(place)
        if let point = GeoPoint(scalar) { places.append((point, UInt8(place))) }
      }
    }
  }

  /// The places of the block's points whose values pass the test.
  func mask(of test: FieldTest, text options: TextOptions?, payloads: [Payload], path: PayloadPath, in all: BlockMask) -> BlockMask {
    switch test {
    case .equal(let value): return mask(equal: value)
    case .any(let values): return values.reduce(.none) { $0 | mask(equal: $1) }
    case .except(let values): return mask(except: Set(values))
    case .prefix(let prefix): return mask { $0.utf8.starts(with: prefix.utf8) }
    case .substring(let part): return mask { $0.containsBytes(of: part) }
    case .range(let bounds):
      var mask = BlockMask.none
      for (value, place) in numbers where bounds.contains(value) { mask.insert(Int(place)) }
      return mask
    case .dates(let bounds): return dates.reduce(.none) { bounds.contains($1.value) ? $0 | $1.mask : $0 }
    case .geo(let region):
      var mask = BlockMask.none
      for (point, place) in places where region.contains(point) { mask.insert(Int(place)) }
      return mask
    case .count(let bounds):
      var mask = bounds.contains(0) ? missing : .none
      for (count, place) in counts where bounds.contains(count) { mask.insert(Int(place)) }
      return mask
    case .isEmpty: return all.subtracting(isNotEmpty)
    case .isNull: return isNull
    case .text, .anyWord, .phrase: return mask(text: test, options, payloads: payloads, path: path, in: all)
    case .fails(let test): return all.subtracting(mask(of: test, text: options, payloads: payloads, path: path, in: all))
    case .either(let tests): return tests.reduce(.none) { $0 | mask(of: $1, text: options, payloads: payloads, path: path, in: all) }
    }
  }

  private func mask(equal value: JSONValue) -> BlockMask {
    switch value {
    case .string(let value): strings[value] ?? .none
    case .integer(let value): integers[value] ?? .none
    case .bool(let value): value ? isTrue : isFalse
    default: .none
    }
  }

  private func mask(except excluded: Set<JSONValue>) -> BlockMask {
    var mask = other
    for (value, places) in strings where !excluded.contains(.string(value)) { mask = mask | places }
    for (value, places) in integers where !excluded.contains(.integer(value)) { mask = mask | places }
    if !excluded.contains(.bool(true)) { mask = mask | isTrue }
    if !excluded.contains(.bool(false)) { mask = mask | isFalse }
    return mask
  }

  private func mask(_ passes: (String) -> Bool) -> BlockMask {
    strings.reduce(.none) { passes($1.key) ? $0 | $1.value : $0 }
  }

  /// Without an index strings count one by one, so each distinct one is cut once; with one, those of a point together.
  private func mask(text test: FieldTest, _ options: TextOptions?, payloads: [Payload], path: PayloadPath, in all: BlockMask) -> BlockMask {
    guard let matcher = TextMatcher(test, options: options) else { return .none }
    guard options != nil else { return mask { matcher.matches([$0]) } }
    var mask = BlockMask.none
    let candidates = strings.reduce(BlockMask.none) { $0 | $1.value } & all
    candidates.forEach { place in
      if matcher.matches(path.values(in: payloads[place]).flatMap(\.opened).compactMap(\.string)) { mask.insert(place) }
    }
    return mask
  }
}

// Values for what counts or sorts by them.
extension FieldColumn {
  /// The values that facets count, each with the places that have it.
  var facetValues: [(value: JSONValue, mask: BlockMask)] {
    var values: [(JSONValue, BlockMask)] = strings.map { (.string($0), $1) } + integers.map { (.integer($0), $1) }
    if !isTrue.isEmpty { values.append((.bool(true), isTrue)) }
    if !isFalse.isEmpty { values.append((.bool(false), isFalse)) }
    return values
  }

  /// Numbers with the places that have them.
  var numberValues: [(value: Double, place: UInt8)] { numbers }
  /// Whole numbers with the places that have them.
  var integerValues: [(value: Int64, mask: BlockMask)] { integers.map { ($0, $1) } }
  /// Dates with the places that have them.
  var dateValues: [(value: Int64, mask: BlockMask)] { dates }
  /// Places that have values of a kind.
  func mask(of kind: PayloadIndex.Kind) -> BlockMask {
    switch kind {
    case .keyword, .text: strings.reduce(.none) { $0 | $1.value }
    case .uuid: strings.reduce(.none) { PointID(uuid: $1.key) == nil ? $0 : $0 | $1.value }
    case .integer: integers.reduce(.none) { $0 | $1.value }
    case .float: numbers.reduce(into: .none) { $0.insert(Int($1.place)) }
    case .bool: isTrue | isFalse
    case .geo: places.reduce(into: .none) { $0.insert(Int($1.place)) }
    case .datetime: dates.reduce(.none) { $0 | $1.mask }
    }
  }
}
