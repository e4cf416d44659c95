internal import Foundation

/// Splits texts at white space and gives known words their numbers: the tokenizer of sentence-transformers' models over words.
///
/// A word is looked up as it stands, then without ASCII punctuation around it, then in lower case; stop words and unknown ones are left
/// out. Deviation: a capital sigma at the end of a word becomes the letter's ordinary lower-case form.
struct SplitWords: Sendable {
  private let numbers: [String: Int32]
  private let stopWords: Set<String>
  private let lowercases: Bool

  static let fileName = "whitespacetokenizer_config.json"

  /// Words of the file, repeated ones each time: all numbers lie below.
  let count: Int

  /// Reads the file in a folder.
  init(folder: String) throws(ModelError) {
    let file = try ConfigurationFile(
      path: folder + "/" + Self.fileName, advice: "It holds the words of the model. Copy it from where the model was published.")
    let vocabulary = try file.require("vocab", file.texts("vocab"))
    guard !vocabulary.isEmpty, vocabulary.count <= 1 << 24 else {
      throw .malformedFile(path: file.path, reason: "a model has between one word and 16,777,216, not \(vocabulary.count)")
    }
    count = vocabulary.count
    // Of equal words the last one counts, as in the file's own program.
    numbers = Dictionary(vocabulary.enumerated().map { ($1, Int32($0)) }) { $1 }
    stopWords = Set(try file.texts("stop_words") ?? [])
    lowercases = try file.boolean("do_lower_case") ?? false
  }

  /// The numbers of the words of a text, at most `limit`.
  func numbers(in text: String, limit: Int) -> [Int32] {
    var found: [Int32] = []
    let text = lowercases ? text.lowercased() : text
    for piece in text.unicodeScalars.split(whereSeparator: Self.separates) {
      if found.count == limit { break }
      if let number = number(of: piece) { found.append(number) }
    }
    return found
  }

  private func number(of piece: Substring.UnicodeScalarView) -> Int32? {
    let bare = Self.stripped(piece)
    for form in [String(piece), String(bare), String(bare).lowercased()] {
      if stopWords.contains(form) { return nil }
      if let number = numbers[form] { return number }
    }
    return nil
  }

  private static func separates(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isWhitespace || (0x1c...0x1f).contains(scalar.value)
  }

  private static func stripped(_ piece: Substring.UnicodeScalarView) -> Substring.UnicodeScalarView {
    func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
      switch scalar.value {
      case 0x21...0x2f, 0x3a...0x40, 0x5b...0x60, 0x7b...0x7e: true
      default: false
      }
    }
    var piece = piece
    while let first = piece.first, isPunctuation(first) { piece.removeFirst() }
    while let last = piece.last, isPunctuation(last) { piece.removeLast() }
    return piece
  }
}
