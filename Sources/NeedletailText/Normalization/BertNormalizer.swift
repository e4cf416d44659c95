/// BERT's normaliser as `tokenizers` defines it: cleaning, blanks around ideographs, accents, case, in this order.
struct BertNormalizer: Hashable, Sendable {
  /// Removes control characters and turns every white space into a blank.
  var cleansText: Bool
  /// Sets blanks around ideographs, so that each becomes a word.
  var separatesIdeographs: Bool
  /// Decomposes and drops non-spacing marks.
  var stripsAccents: Bool
  var lowercases: Bool

  /// Appends the normal form of `source[range]`.
  func append(_ source: Span<UInt8>, _ range: Range<Int>, to text: inout NormalizedText) {
    let characters = BertCharacters.shared
    let ascii = asciiForms(characters)
    text.reserve(text.bytes.count + range.count + range.count / 8)
    var position = range.lowerBound
    while position < range.upperBound {
      let byte = source[position]
      if byte < 0x80 {
        let form = ascii[Int(byte)]
        text.closeMarks()
        if form != Self.dropped { text.append(byte: form, origin: Int32(position)..<Int32(position + 1)) }
        position += 1
      } else {
        let (scalar, length) = Scalars.decode(source, at: position)
        let origin = Int32(position)..<Int32(position + length)
        let classes = characters.classes(of: scalar)
        if classes.isEmpty, !Hangul.syllables.contains(scalar) {
          text.closeMarks()
          text.append(scalar: scalar, origin: origin)
        } else {
          append(special: scalar, classes, origin: origin, to: &text)
        }
        position += length
      }
    }
  }

  /// Stands for "nothing" among the forms of ASCII; no form has this value.
  private static let dropped: UInt8 = 0xFF

  /// What becomes of each ASCII character.
  private func asciiForms(_ characters: BertCharacters) -> [UInt8] {
    (UInt8(0)..<128).map { byte in
      let classes = characters.classes(of: UInt32(byte))
      if cleansText, classes.contains(.removed) { return Self.dropped }
      if cleansText, classes.contains(.whiteSpace) { return 0x20 }
      return lowercases && (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
    }
  }

  private func append(
    special scalar: UInt32, _ classes: BertCharacters.Class, origin: Range<Int32>, to text: inout NormalizedText
  ) {
    if cleansText {
      if classes.contains(.removed) { return }
      if classes.contains(.whiteSpace) {
        text.closeMarks()
        return text.append(byte: 0x20, origin: origin)
      }
    }
    let isSeparated = separatesIdeographs && classes.contains(.ideograph)
    if isSeparated {
      text.closeMarks()
      text.append(byte: 0x20, origin: origin)
    }
    if stripsAccents {
      appendWithoutAccents(scalar, classes, origin: origin, to: &text)
    } else {
      appendCased(scalar, classes, origin: origin, to: &text)
    }
    if isSeparated {
      text.closeMarks()
      text.append(byte: 0x20, origin: origin)
    }
  }

  private func appendWithoutAccents(
    _ scalar: UInt32, _ classes: BertCharacters.Class, origin: Range<Int32>, to text: inout NormalizedText
  ) {
    let characters = BertCharacters.shared
    guard classes.contains(.changes) || classes.contains(.accent) || Hangul.syllables.contains(scalar) else {
      text.closeMarks()
      return text.append(scalar: scalar, origin: origin)
    }
    for part in characters.decomposed(scalar) {
      let combiningClass = characters.combiningClass(of: part)
      let partClasses = characters.classes(of: part)
      if combiningClass == 0 { text.closeMarks() }
      if partClasses.contains(.accent) { continue }
      if combiningClass == 0 {
        appendCased(part, partClasses, origin: origin, to: &text)
      } else {
        // No scalar with a combining class has a lower-case form.
        text.appendMark(part, combiningClass: combiningClass, origin: origin)
      }
    }
  }

  private func appendCased(
    _ scalar: UInt32, _ classes: BertCharacters.Class, origin: Range<Int32>, to text: inout NormalizedText
  ) {
    guard lowercases, scalar < 0x80 || classes.contains(.changes) else { return text.append(scalar: scalar, origin: origin) }
    for part in BertCharacters.shared.lowercased(scalar) { text.append(scalar: part, origin: origin) }
  }
}
