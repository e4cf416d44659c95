/// Which passages link to which pages: where nobody says so, a passage that names the title of another page links to it.
///
/// A title is found as a sequence of whole words in the same case; titles of fewer than four letters are too common to count.
struct PageLinks {
  /// For each page, the passages of other pages that link to it.
  private(set) var passages: [[(page: Int, passage: Int)]]

  private static let fewestLetters = 4

  init(_ pages: [Page]) {
    passages = [[(page: Int, passage: Int)]](repeating: [], count: pages.count)
    var titles: [Substring: [(page: Int, words: [Substring])]] = [:]
    for (place, page) in pages.enumerated() where page.title.count >= Self.fewestLetters {
      let words = Self.words(page.title)
      if let first = words.first { titles[first, default: []].append((place, words)) }
    }
    guard !titles.isEmpty else { return }
    for (place, page) in pages.enumerated() {
      for (number, passage) in page.passages.enumerated() {
        let words = Self.words(passage.text)
        var named: Set<Int> = []
        for start in words.indices {
          for (other, title) in titles[words[start]] ?? [] where other != place && words[start...].starts(with: title) { named.insert(other) }
        }
        for other in named.sorted() { passages[other].append((place, number)) }
      }
    }
  }

  private static func words(_ text: String) -> [Substring] { text.split { !$0.isLetter && !$0.isNumber } }
}
