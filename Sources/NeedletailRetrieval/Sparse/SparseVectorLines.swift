internal import Foundation
public import NeedletailCore
internal import NeedletailNumerics

/// Sparse vectors with their identifiers, as files with one JSON object to a line hold them.
///
/// A line has `_id` or `id`, and `vector`: either an object of terms and weights, `{"fish": 1.2, "##let": 0.4}`, or numbers,
/// `{"indices": [17, 2], "values": [1.2, 0.4]}`. Further fields are passed over. Files may be compressed by gzip.
public struct SparseVectorLines: Sendable {
  public var ids: [String]
  public var vectors: SparseVectors
  /// The names of the terms; nil if the file has numbers.
  public var vocabulary: SparseVocabulary?
  /// How many entries had a term that the given vocabulary lacks; they are left out.
  public var unknownCount = 0

  public init(ids: [String], vectors: SparseVectors, vocabulary: SparseVocabulary? = nil) {
    self.ids = ids
    self.vectors = vectors
    self.vocabulary = vocabulary
  }

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - path: of the file.
  ///   - vocabulary: nil to take the terms of the file; otherwise terms that it lacks are left out.
  ///   - dimension: for files with numbers: terms that are not below are left out; nil for no limit.
  /// - Throws: `UnreadableSparseVectors` with the line.
  public init(
    path: String, vocabulary: SparseVocabulary? = nil, dimension: Int? = nil
  ) throws(UnreadableSparseVectors) {
    var reader = try Reader(path: path, vocabulary: vocabulary, dimension: dimension)
    try reader.readAll()
    let size = vocabulary?.count ?? dimension ?? Int((reader.rows.lazy.compactMap(\.terms.last).max() ?? 0)) + 1
    var vectors = SparseVectors(dimension: size)
    for (number, row) in reader.rows.enumerated() {
      do throws(SparseVectorError) { try vectors.append(row) } catch {
        throw UnreadableSparseVectors(path: path, line: number + 1, reason: error.description)
      }
    }
    self.init(ids: reader.ids, vectors: vectors, vocabulary: reader.usesNames ? reader.vocabulary : nil)
    unknownCount = reader.unknownCount
  }

  private struct Line: Decodable {
    var id: String
    var entries: Entries

    enum Entries {
      case named([String: Float])
      case numbered([UInt32], [Float])
    }

    private enum CodingKeys: String, CodingKey {
      case _id, id, vector
    }

    private struct Numbered: Decodable {
      var indices: [UInt32]
      var values: [Float]
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      let key: CodingKeys = container.contains(._id) ? ._id : .id
      if let text = try? container.decode(String.self, forKey: key) {
        id = text
      } else {
        id = String(try container.decode(Int.self, forKey: key))
      }
      // Weights are the likelier kind, and an attempt that fails costs an error.
      if let named = try? container.decode([String: Float].self, forKey: .vector) {
        entries = .named(named)
      } else {
        let numbered = try container.decode(Numbered.self, forKey: .vector)
        entries = .numbered(numbered.indices, numbered.values)
      }
    }
  }

  private struct Reader: ~Copyable {
    private var lines: LineReader
    private let isClosed: Bool
    private let dimension: Int?
    private let decoder = JSONDecoder()
    private(set) var vocabulary: SparseVocabulary
    private(set) var ids: [String] = []
    private(set) var rows: [SparseVector] = []
    /// Where each identifier stands.
    private var places: [String: Int] = [:]
    private(set) var usesNames = false
    private var usesNumbers = false
    private(set) var unknownCount = 0

    init(path: String, vocabulary: SparseVocabulary?, dimension: Int?) throws(UnreadableSparseVectors) {
      do throws(FileError) { lines = try LineReader(path: path) } catch {
        throw UnreadableSparseVectors(path: path, line: nil, reason: error.description)
      }
      isClosed = vocabulary != nil
      self.vocabulary = vocabulary ?? SparseVocabulary()
      self.dimension = dimension
    }

    mutating func readAll() throws(UnreadableSparseVectors) {
      while true {
        let text: [UInt8]?
        do throws(FileError) { text = try lines.nextBytes() } catch { throw problem(error.description) }
        guard let text else { return }
        if text.isEmpty { continue }
        guard let line = try? decoder.decode(Line.self, from: Data(text)) else {
          throw problem("a line is an object with _id (or id) and vector, of terms and weights or of indices and values")
        }
        let entries = try entries(of: line)
        do throws(SparseVectorError) { rows.append(try SparseVector(entries)) } catch { throw problem(error.description) }
        if let first = places.updateValue(lines.lineNumber, forKey: line.id) {
          throw problem("the identifier \"\(line.id)\" is that of line \(first) already; give each vector its own")
        }
        ids.append(line.id)
      }
    }

    private mutating func entries(of line: Line) throws(UnreadableSparseVectors) -> [(term: UInt32, weight: Float)] {
      switch line.entries {
      case .named(let weights):
        usesNames = usesNames || !weights.isEmpty
        guard !(usesNames && usesNumbers) else { throw problem("some vectors have terms by name, others by number") }
        // Sorted, so that the numbers of terms do not depend on the order in a hash table.
        return weights.sorted { $0.key < $1.key }.compactMap { term, weight in
          if isClosed {
            guard let number = vocabulary[term] else {
              unknownCount += 1
              return nil
            }
            return (number, weight)
          }
          return (vocabulary.number(of: term), weight)
        }
      case .numbered(let indices, let values):
        usesNumbers = true
        guard !usesNames else { throw problem("some vectors have terms by name, others by number") }
        guard indices.count == values.count else { throw problem("it has \(indices.count) indices and \(values.count) values") }
        return zip(indices, values).compactMap { term, weight in
          guard Int(term) < dimension ?? SparseVectors.largestDimension else {
            unknownCount += 1
            return nil
          }
          return (term, weight)
        }
      }
    }

    private func problem(_ reason: String) -> UnreadableSparseVectors {
      UnreadableSparseVectors(path: lines.path, line: lines.lineNumber, reason: reason)
    }
  }
}
