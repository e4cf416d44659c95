/// The character data of BERT's normaliser in a form one can ask, shared by all tokenizers of the process.
final class BertCharacters: Sendable {
  static let shared = BertCharacters()

  /// What a scalar is to the normaliser and the pre-tokeniser.
  struct Class: OptionSet, Sendable {
    let rawValue: UInt16
    static let removed = Class(rawValue: 1)
    static let whiteSpace = Class(rawValue: 2)
    static let punctuation = Class(rawValue: 4)
    static let ideograph = Class(rawValue: 8)
    static let accent = Class(rawValue: 16)
    /// It decomposes, has a lower-case form or a combining class: worth a look at the dictionaries.
    static let changes = Class(rawValue: 32)
  }

  private let classes: ScalarTable
  private let combining = ScalarTable(runs: BertCharacterTables.combiningClasses)
  /// Canonical decompositions, fully expanded.
  let decompositions: [UInt32: [UInt32]]
  /// Lower-case forms of one scalar.
  let lowercase: [UInt32: UInt32]

  private init() {
    decompositions = Self.readDecompositions()
    lowercase = Self.readLowercase()
    var classes = ScalarTable(runs: BertCharacterTables.classes)
    func mark(_ scalar: UInt32) { classes.set(scalar, to: classes[scalar] | Class.changes.rawValue) }
    decompositions.keys.forEach(mark)
    lowercase.keys.forEach(mark)
    mark(Self.capitalDottedI)
    forEachScalar(inRuns: BertCharacterTables.combiningClasses, mark)
    self.classes = classes
  }

  /// The classes of the first 128 scalars, for the fast path.
  let ascii: [UInt8] = {
    let table = ScalarTable(runs: BertCharacterTables.classes)
    return (0..<128).map { UInt8(truncatingIfNeeded: table[$0]) }
  }()

  @inline(__always)
  func classes(of scalar: UInt32) -> Class { Class(rawValue: classes[scalar]) }

  func combiningClass(of scalar: UInt32) -> UInt16 { combining[scalar] }

  /// Calls `body` for each scalar with a combining class other than zero.
  func forEachMark(_ body: (UInt32) -> Void) { forEachScalar(inRuns: BertCharacterTables.combiningClasses, body) }

  /// The one scalar whose lower-case form has two: `i` and a dot above.
  static let capitalDottedI: UInt32 = 0x130

  /// The lower-case form of a scalar, context-free.
  func lowercased(_ scalar: UInt32) -> [UInt32] {
    scalar == Self.capitalDottedI ? [0x69, 0x307] : [lowercase[scalar] ?? scalar]
  }

  /// The canonical decomposition of a scalar.
  func decomposed(_ scalar: UInt32) -> [UInt32] {
    if Hangul.syllables.contains(scalar) { return Hangul.decomposed(scalar) }
    return decompositions[scalar] ?? [scalar]
  }

  private static func readDecompositions() -> [UInt32: [UInt32]] {
    var result: [UInt32: [UInt32]] = [:]
    var numbers = NumberReader(BertCharacterTables.decompositions)
    var scalar = 0
    while let gap = numbers.next(), let count = numbers.next() {
      scalar += gap
      result[UInt32(scalar)] = (0..<count).compactMap { _ in numbers.next().map(UInt32.init) }
    }
    return result
  }

  private static func readLowercase() -> [UInt32: UInt32] {
    var result: [UInt32: UInt32] = [:]
    var numbers = NumberReader(BertCharacterTables.lowercase)
    var start = 0
    while let gap = numbers.next(), let count = numbers.next(), let step = numbers.next(), let delta = numbers.next() {
      start += gap
      for index in 0..<count {
        let scalar = start + index * step
        result[UInt32(scalar)] = UInt32(scalar + delta)
      }
    }
    return result
  }
}

/// Calls `body` for each scalar of a table of runs.
private func forEachScalar(inRuns text: String, _ body: (UInt32) -> Void) {
  var numbers = NumberReader(text)
  var position = 0
  while let gap = numbers.next(), let length = numbers.next(), numbers.next() != nil {
    let start = position + gap
    for scalar in start..<start + length { body(UInt32(scalar)) }
    position = start + length
  }
}

/// Hangul syllables decompose by arithmetic (Unicode Standard, section 3.12).
enum Hangul {
  static let syllables: ClosedRange<UInt32> = 0xAC00...0xD7A3
  /// Vowels and trailing consonants: what may join a scalar before it.
  static let followers: [ClosedRange<UInt32>] = [0x1161...0x1175, 0x11A8...0x11C2]

  /// The syllable of a consonant and a vowel, or of a syllable without trailing consonant and such a one.
  static func composed(_ first: UInt32, _ second: UInt32) -> UInt32? {
    if (0x1100...0x1112).contains(first), followers[0].contains(second) {
      return syllables.lowerBound + ((first - 0x1100) * 21 + second - 0x1161) * 28
    }
    if syllables.contains(first), (first - syllables.lowerBound) % 28 == 0, followers[1].contains(second) {
      return first + second - 0x11A7
    }
    return nil
  }

  static func decomposed(_ syllable: UInt32) -> [UInt32] {
    let index = syllable - syllables.lowerBound
    let leading = 0x1100 + index / 588
    let vowel = 0x1161 + index % 588 / 28
    let trailing = 0x11A7 + index % 28
    return trailing == 0x11A7 ? [leading, vowel] : [leading, vowel, trailing]
  }
}
