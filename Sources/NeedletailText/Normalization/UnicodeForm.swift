/// The normalisation forms of Unicode Standard Annex 15.
enum UnicodeForm: UInt16, Hashable, Sendable, CaseIterable {
  case nfc, nfd, nfkc, nfkd

  var bit: UInt16 { 1 << rawValue }
  private var isComposed: Bool { self == .nfc || self == .nfkc }
  private var isCompatible: Bool { self == .nfkc || self == .nfkd }

  /// Appends the form of `source[range]`.
  func append(_ source: Span<UInt8>, _ range: Range<Int>, to text: inout NormalizedText) {
    var position = range.lowerBound
    var letters: [Letter] = []
    while position < range.upperBound {
      let quietEnd = endOfQuietRun(position..<range.upperBound, in: source)
      text.append(verbatim: source, position..<quietEnd)
      position = quietEnd
      guard position < range.upperBound else { return }
      letters.removeAll(keepingCapacity: true)
      let end = endOfRestlessRun(position..<range.upperBound, in: source)
      decompose(position..<end, of: source, into: &letters)
      order(&letters)
      if isComposed { compose(&letters) }
      for letter in letters { text.append(scalar: letter.scalar, origin: letter.origin) }
      position = end
    }
  }

  private struct Letter {
    var scalar: UInt32
    var combiningClass: UInt16
    var origin: Range<Int32>
  }

  /// Where the scalars end that stay as they are, whatever follows: the last one before a restless scalar may compose with it.
  private func endOfQuietRun(_ range: Range<Int>, in source: Span<UInt8>) -> Int {
    let characters = SubwordCharacters.shared
    var position = range.lowerBound
    var previous = position
    while position < range.upperBound {
      let (scalar, length) = Scalars.decode(source, at: position)
      if scalar >= 0x80, characters.isRestless(scalar, in: self) { return previous }
      previous = position
      position += length
    }
    return range.upperBound
  }

  /// The end of the run that begins with at most one quiet scalar: before a quiet scalar that a quiet one or the end follows.
  private func endOfRestlessRun(_ range: Range<Int>, in source: Span<UInt8>) -> Int {
    let characters = SubwordCharacters.shared
    var position = range.lowerBound + Scalars.decode(source, at: range.lowerBound).length
    while position < range.upperBound {
      let (scalar, length) = Scalars.decode(source, at: position)
      if !characters.isRestless(scalar, in: self) { return position }
      position += length
    }
    return range.upperBound
  }

  private func decompose(_ range: Range<Int>, of source: Span<UInt8>, into letters: inout [Letter]) {
    let characters = SubwordCharacters.shared
    var position = range.lowerBound
    while position < range.upperBound {
      let (scalar, length) = Scalars.decode(source, at: position)
      let origin = Int32(position)..<Int32(position + length)
      for part in characters.decomposed(scalar, compatibly: isCompatible) {
        letters.append(Letter(scalar: part, combiningClass: BertCharacters.shared.combiningClass(of: part), origin: origin))
      }
      position += length
    }
  }

  /// Canonical ordering (Unicode Standard, D109): marks with a higher class move behind those with a lower one.
  private func order(_ letters: inout [Letter]) {
    for index in letters.indices where letters[index].combiningClass != 0 {
      var place = index
      while place > 0, letters[place - 1].combiningClass > letters[place].combiningClass {
        letters.swapAt(place - 1, place)
        place -= 1
      }
    }
  }

  /// Canonical composition (Unicode Standard, D117): each scalar joins the last starter unless something blocks it.
  private func compose(_ letters: inout [Letter]) {
    var kept: [Letter] = []
    var starter: Int?
    for letter in letters {
      if let starter {
        let isBlocked = kept.count - 1 > starter && (kept.last?.combiningClass ?? 0) >= letter.combiningClass
        if !isBlocked, let whole = SubwordCharacters.shared.composed(kept[starter].scalar, letter.scalar) {
          kept[starter].scalar = whole
          let (a, b) = (kept[starter].origin, letter.origin)
          kept[starter].origin = min(a.lowerBound, b.lowerBound)..<max(a.upperBound, b.upperBound)
          continue
        }
      }
      if letter.combiningClass == 0 { starter = kept.count }
      kept.append(letter)
    }
    letters = kept
  }
}
