/// The data of Unicode Standard Annex 29, section 4, in a form one can ask.
final class WordBreak: Sendable {
  static let shared = WordBreak()

  /// The Word_Break property, numbered as in the generated table.
  enum Class: UInt16 {
    case other, letter, hebrewLetter, katakana, extendNumLet, midLetter, midNum, midNumLet, numeric, extend, format, zeroWidthJoiner
    case newline, carriageReturn, lineFeed, singleQuote, doubleQuote, regionalIndicator, blank
  }

  /// A scalar's class, with what else the table says of it.
  struct Property {
    let bits: UInt16

    var wordBreak: Class { Class(rawValue: bits & 31) ?? .other }
    var isPictograph: Bool { bits & 32 != 0 }
    /// A letter of a script that is written without spaces, or in syllables: Han, Kana, Hangul.
    var isSyllable: Bool { bits & 64 != 0 }
    /// A letter or mark of a script whose words only a dictionary finds: Thai, Lao, Khmer, Burmese.
    var isComplex: Bool { bits & 128 != 0 }

    /// Marks and format characters stay with what they follow (rule WB4).
    var isIgnored: Bool {
      switch wordBreak {
      case .extend, .format, .zeroWidthJoiner: true
      default: false
      }
    }
    var isLetter: Bool { wordBreak == .letter || wordBreak == .hebrewLetter }
    var isLineEnd: Bool {
      switch wordBreak {
      case .newline, .carriageReturn, .lineFeed: true
      default: false
      }
    }
    /// Whether a segment with such a scalar is worth a term.
    var bearsMeaning: Bool {
      switch wordBreak {
      case .letter, .hebrewLetter, .katakana, .numeric, .regionalIndicator: true
      default: isSyllable || isPictograph || isComplex
      }
    }
  }

  private let table = ScalarTable(runs: WordBreakTables.classes)

  @inline(__always)
  func property(of scalar: UInt32) -> Property { Property(bits: table[scalar]) }
}
