internal import Foundation
internal import NeedletailNumerics

/// The terms of sparse vectors by name: a term's number is its place.
public struct SparseVocabulary: Hashable, Sendable {
  public private(set) var terms: [String] = []
  private var numbers: [String: UInt32] = [:]

  public init() {}

  public var count: Int { terms.count }

  /// The number of a term; nil if it is not in the vocabulary.
  public subscript(term: String) -> UInt32? { numbers[term] }

  /// The number of a term, which is added if it is new.
  public mutating func number(of term: String) -> UInt32 {
    if let number = numbers[term] { return number }
    let number = UInt32(terms.count)
    terms.append(term)
    numbers[term] = number
    return number
  }

  /// Reads a file with a JSON array of the terms.
  public init(path: String) throws(UnreadableSparseVectors) {
    let terms: [String]
    do {
      terms = try JSONDecoder().decode([String].self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    } catch {
      throw UnreadableSparseVectors(path: path, line: nil, reason: "a vocabulary is a JSON array of terms")
    }
    for term in terms {
      guard numbers[term] == nil else {
        throw UnreadableSparseVectors(path: path, line: nil, reason: "the term \(term) occurs twice")
      }
      _ = number(of: term)
    }
  }
}
