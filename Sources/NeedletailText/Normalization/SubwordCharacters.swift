/// What normalisers and pre-tokenisers of byte-pair and unigram models know of a scalar, shared by all tokenizers of the process.
final class SubwordCharacters: Sendable {
  static let shared = SubwordCharacters()

  /// What a scalar is to a pre-tokeniser.
  struct Class: OptionSet, Sendable {
    let rawValue: UInt16
    /// `\p{L}`
    static let letter = Class(rawValue: 1)
    /// `\p{N}`
    static let number = Class(rawValue: 2)
    /// `\s`
    static let whiteSpace = Class(rawValue: 4)
    /// `\w`
    static let word = Class(rawValue: 8)
    /// What the pre-tokeniser Digits calls a digit; a later version of Unicode than `number`.
    static let numeric = Class(rawValue: 16)
    /// A mark that stripping of accents removes.
    static let mark = Class(rawValue: 32)
  }

  /// The classes of the first 128 scalars, for the fast path.
  let ascii: [Class]
  private let classes = ScalarTable(runs: SubwordCharacterTables.classes)
  /// Full compatibility decompositions that are not canonical.
  private let compatibilities: [UInt32: [UInt32]]
  /// The scalar that two compose to, under the first and the second.
  private let compositions: [UInt64: UInt32]
  /// For each scalar the normal forms in which it may have to change, as bits in the order of `UnicodeForm`.
  private let restless: ScalarTable

  private init() {
    let classes = self.classes
    ascii = (0..<128).map { Class(rawValue: classes[$0]) }
    let compatibilities = Self.readCompatibilities()
    let (compositions, wholes) = Self.readCompositions()
    self.compatibilities = compatibilities
    self.compositions = compositions
    restless = Self.restlessScalars(compatibilities, compositions, wholes)
  }

  @inline(__always)
  func classes(of scalar: UInt32) -> Class {
    scalar < 0x80 ? ascii[Int(scalar)] : Class(rawValue: classes[scalar])
  }

  /// Whether a text with the scalar has to be looked at closely to bring it into the form.
  @inline(__always)
  func isRestless(_ scalar: UInt32, in form: UnicodeForm) -> Bool { restless[scalar] & form.bit != 0 }

  /// The decomposition of a scalar, canonical or by compatibility.
  func decomposed(_ scalar: UInt32, compatibly: Bool) -> [UInt32] {
    if compatibly, let parts = compatibilities[scalar] { return parts }
    return BertCharacters.shared.decomposed(scalar)
  }

  /// What two neighbours compose to.
  func composed(_ first: UInt32, _ second: UInt32) -> UInt32? {
    Hangul.composed(first, second) ?? compositions[UInt64(first) << 32 | UInt64(second)]
  }
}

extension SubwordCharacters {
  private static func readCompatibilities() -> [UInt32: [UInt32]] {
    var result: [UInt32: [UInt32]] = [:]
    var numbers = NumberReader(SubwordCharacterTables.compatibilities)
    var scalar = 0
    while let gap = numbers.next(), let count = numbers.next() {
      scalar += gap
      result[UInt32(scalar)] = (0..<count).compactMap { _ in numbers.next().map(UInt32.init) }
    }
    return result
  }

  private static func readCompositions() -> (pairs: [UInt64: UInt32], wholes: Set<UInt32>) {
    var pairs: [UInt64: UInt32] = [:]
    var numbers = NumberReader(SubwordCharacterTables.compositions)
    var scalar = 0
    while let gap = numbers.next(), let first = numbers.next(), let second = numbers.next() {
      scalar += gap
      pairs[UInt64(first) << 32 | UInt64(second)] = UInt32(scalar)
    }
    return (pairs, Set(pairs.values))
  }

  private static func restlessScalars(
    _ compatibilities: [UInt32: [UInt32]], _ compositions: [UInt64: UInt32], _ wholes: Set<UInt32>
  ) -> ScalarTable {
    var table = ScalarTable()
    func add(_ scalar: UInt32, _ forms: [UnicodeForm]) {
      table.set(scalar, to: forms.reduce(table[scalar]) { $0 | $1.bit })
    }
    for scalar in BertCharacters.shared.decompositions.keys {
      add(scalar, wholes.contains(scalar) ? [.nfd, .nfkd] : UnicodeForm.allCases)
    }
    for scalar in compatibilities.keys { add(scalar, [.nfkc, .nfkd]) }
    for pair in compositions.keys { add(UInt32(truncatingIfNeeded: pair), [.nfc, .nfkc]) }
    for scalar in Hangul.syllables { add(scalar, [.nfd, .nfkd]) }
    for scalar in Hangul.followers.joined() { add(scalar, [.nfc, .nfkc]) }
    BertCharacters.shared.forEachMark { add($0, UnicodeForm.allCases) }
    return table
  }
}
