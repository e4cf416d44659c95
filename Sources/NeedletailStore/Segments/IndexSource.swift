internal import NeedletailCore
internal import NeedletailIndex
internal import NeedletailText
internal import Synchronization

/// An index of a segment: opened from its file, or made when it is first asked for. Pieces of the delta come and go quickly, and
/// most are never searched by words.
final class IndexSource<Index: Sendable>: Sendable {
  private enum State {
    case ready(Index)
    case pending(@Sendable () throws -> Index)
  }

  private let state: Mutex<State>

  init(_ index: Index) {
    state = Mutex(.ready(index))
  }

  init(making make: @escaping @Sendable () throws -> Index) {
    state = Mutex(.pending(make))
  }

  /// The index; the first call may have to make it, calls beside it wait.
  func index() throws -> Index {
    try state.withLock { state in
      switch state {
      case .ready(let index): return index
      case .pending(let make):
        let index = try make()
        state = .ready(index)
        return index
      }
    }
  }

  /// The index if it was made.
  var madeIndex: Index? {
    state.withLock { state in
      if case .ready(let index) = state { index } else { nil }
    }
  }
}

extension LexicalIndexBuilder {
  /// Adds the passages up to `rows.upperBound` of `passages`; one whose text is gone gets a row without terms.
  mutating func add(_ texts: [(passage: PassageID, fields: [[String]])], rows: Range<Int>, of passages: PassageRuns) {
    var next = 0
    for row in rows {
      if next < texts.count, texts[next].passage == passages[row] {
        add(fields: texts[next].fields)
        next += 1
      } else {
        add(fields: Array(repeating: [], count: fieldCount))
      }
    }
  }
}
