internal import Foundation
public import NeedletailCore
internal import NeedletailIndex

/// What belongs to the indexes of a token search.
struct TokenSearchDescription: Codable {
  var format = Self.currentFormat
  /// The digest of the model.
  var embedder: String
  /// Its name; files of before it was kept have none.
  var model: String?
  var encoding: FixedDimensionalEncoder.Parameters
  /// The passage of each row.
  var passages: [PassageID]

  static let currentFormat = "needletail-tokens-1"
  static let vectorsName = "tokens.index"
  static let encodingsName = "encodings.index"
  private static let name = "description.json"

  init(embedder: String, model: String, encoding: FixedDimensionalEncoder.Parameters, passages: [PassageID]) {
    self.embedder = embedder
    self.model = model
    self.encoding = encoding
    self.passages = passages
  }

  init(folder: String) throws(TokenSearchError) {
    guard let data = FileManager.default.contents(atPath: "\(folder)/\(Self.name)") else { throw .notBuilt(folder: folder) }
    do {
      self = try JSONDecoder().decode(Self.self, from: data)
    } catch {
      throw .damaged(folder: folder, reason: "its description cannot be read")
    }
    guard format == Self.currentFormat else { throw .damaged(folder: folder, reason: "another version wrote it") }
  }

  static func makeFolder(_ folder: String) throws(TokenSearchError) {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw .cannotWrite(folder: folder, reason: error.localizedDescription)
    }
  }

  func write(to folder: String) throws(TokenSearchError) {
    do {
      try JSONEncoder().encode(self).write(to: URL(fileURLWithPath: "\(folder)/\(Self.name)"), options: .atomic)
    } catch {
      throw .cannotWrite(folder: folder, reason: error.localizedDescription)
    }
  }
}

/// What goes wrong with a search by tokens.
public enum TokenSearchError: Problem, Hashable {
  /// There is none for the collection.
  case notBuilt(folder: String)
  /// It was built with another model.
  case otherModel(folder: String, model: String)
  /// Its files are damaged.
  case damaged(folder: String, reason: String)
  case cannotWrite(folder: String, reason: String)

  public var category: ProblemCategory {
    switch self {
    case .notBuilt: .notFound
    case .otherModel: .conflict
    case .damaged: .corrupted
    case .cannotWrite: .unavailable
    }
  }

  public var description: String {
    let advice = "build it with `needletail multivector build`"
    return switch self {
    case .notBuilt(let folder): "there is no search by tokens in \(folder); \(advice)"
    case .otherModel(let folder, let model): "the search by tokens in \(folder) was not made with the model \(model); \(advice) again"
    case .damaged(let folder, let reason): "the search by tokens in \(folder) is damaged (\(reason)); \(advice) again"
    case .cannotWrite(let folder, let reason): "cannot write to \(folder): \(reason)"
    }
  }
}
