/// A question as it is searched for.
///
/// White space around it does not count, NUL is white space, and of a question longer than ``longest`` only the
/// beginning is considered, up to the last whole word: an embedder sees a few hundred words of it at most, and more terms make
/// word search slow, not better.
struct QueryText: Hashable {
  /// In bytes of UTF-8.
  static let longest = 8192

  let text: String
  let isCut: Bool
  var isEmpty: Bool { text.isEmpty }

  init(_ raw: String) {
    var scalars = raw.unicodeScalars.drop(while: Self.isBlank)
    isCut = scalars.utf8Count(isAtMost: Self.longest) == nil
    if isCut { scalars = Self.beginning(scalars) }
    while let last = scalars.last, Self.isBlank(last) { scalars.removeLast() }
    text = scalars.contains("\0") ? String(String.UnicodeScalarView(scalars.map { $0 == "\0" ? " " : $0 })) : String(scalars)
  }

  private static func isBlank(_ scalar: Unicode.Scalar) -> Bool { scalar == "\0" || scalar.properties.isWhitespace }

  private static func beginning(_ scalars: Substring.UnicodeScalarView) -> Substring.UnicodeScalarView {
    var bytes = 0
    var lastBlank: String.Index?
    var index = scalars.startIndex
    while index < scalars.endIndex {
      bytes += UTF8.width(scalars[index])
      guard bytes <= longest else { break }
      if isBlank(scalars[index]) { lastBlank = index }
      index = scalars.index(after: index)
    }
    return scalars[..<(lastBlank ?? index)]
  }
}

extension Substring.UnicodeScalarView {
  /// The number of UTF-8 bytes if there are at most so many; counts no further.
  fileprivate func utf8Count(isAtMost limit: Int) -> Int? {
    var count = 0
    for scalar in self {
      count += UTF8.width(scalar)
      if count > limit { return nil }
    }
    return count
  }
}
