internal import Foundation
public import NeedletailCore
internal import NeedletailRetrieval

/// The catalogue of published systems: one folder each, `NN-short-name/about.md`.
public enum Catalogue {
  /// Reads all entries, by number.
  ///
  /// - Throws: `CatalogueError`, naming the file and what is wrong with it.
  public static func entries(in directory: String) throws -> [CatalogueEntry] {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: directory) else {
      throw CatalogueError.unreadable(path: directory)
    }
    let folders = names.filter { $0.first?.isNumber == true }
    return try folders.map { try CatalogueEntry(path: "\(directory)/\($0)/about.md") }.sorted { $0.number < $1.number }
  }
}

/// One published system and what Needletail has of it.
public struct CatalogueEntry: Hashable, Codable, Sendable {
  /// How far the system is there. It *works* when a user reaches it by library and command line, on real data, and its
  /// reproduction shows the effect of the paper.
  public enum State: String, Codable, Sendable, CaseIterable {
    case works
    case partial
    case notYet = "not yet"
  }

  /// Its number in the catalogue, from 1 to 47.
  public let number: Int
  public let title: String
  public let year: Int
  public let tags: [String]
  ///
  /// What the entry says, as far as the report of its reproduction bears it out: without one that shows the claim nothing works.
  public let state: State
  /// What the entry says.
  public let statedState: State
  /// What its reproduction found when it was last run; nil where there is no report.
  public let verdict: Reproduction.Verdict?
  /// The summary, in Markdown, without the front matter.
  public let summary: String
  /// The folder of the entry, where its recipe and report are too.
  public let folder: String

  /// Reads an `about.md`.
  public init(path: String) throws {
    guard let data = FileManager.default.contents(atPath: path) else { throw CatalogueError.unreadable(path: path) }
    let (fields, body) = FrontMatter.split(String(decoding: data, as: UTF8.self))
    func required(_ name: String) throws -> JSONValue {
      guard let value = fields[name] else { throw CatalogueError.missing(path: path, key: name) }
      return value
    }
    func integer(_ name: String) throws -> Int {
      guard case .integer(let value) = try required(name) else { throw CatalogueError.malformed(path: path, key: name) }
      return Int(value)
    }
    number = try integer("number")
    year = try integer("year")
    guard let title = try required("title").string else { throw CatalogueError.malformed(path: path, key: "title") }
    self.title = title
    guard case .array(let tags) = try required("tags") else { throw CatalogueError.malformed(path: path, key: "tags") }
    self.tags = tags.compactMap(\.string)
    guard let state = try required("state").string.flatMap(State.init(rawValue:)) else {
      throw CatalogueError.malformed(path: path, key: "state")
    }
    summary = body
    folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    verdict = try ReproductionReport.read(from: folder)?.verdict
    statedState = state
    self.state = state == .works && verdict != .shown ? .partial : state
  }
}

/// What is wrong with an entry of the catalogue.
public enum CatalogueError: Problem {
  case unreadable(path: String)
  case missing(path: String, key: String)
  case malformed(path: String, key: String)

  public var category: ProblemCategory {
    if case .unreadable = self { .notFound } else { .invalidRequest }
  }

  public var description: String {
    switch self {
    case .unreadable(let path): "cannot read \(path); it should be there and readable by you"
    case .missing(let path, let key): "\(path): the front matter lacks `\(key)`; add a line `\(key): …` between the two lines of dashes"
    case .malformed(let path, let key):
      "\(path): the value of `\(key)` in the front matter is not understood; compare it with a neighbouring entry"
    }
  }
}

extension Catalogue {
  /// The `Catalogue` folder in one of the given folders or above it, found by its README.
  public static func nearest(to starts: [String]) -> String? {
    for start in starts {
      var folder = URL(fileURLWithPath: start).standardizedFileURL
      while folder.path != "/" {
        let candidate = folder.appendingPathComponent("Catalogue")
        if FileManager.default.fileExists(atPath: candidate.appendingPathComponent("README.md").path) { return candidate.path }
        folder.deleteLastPathComponent()
      }
    }
    return nil
  }
}
