import Foundation
import NeedletailCore
import NeedletailRetrieval
import NeedletailStore
import NeedletailText

/// A folder for one test, removed with its owner.
final class Scratch: Sendable {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("needletail-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.resolvingSymlinksInPath().path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of a file in the folder `files`.
  func file(_ name: String) -> String { "\(path)/files/\(name)" }

  var files: String { "\(path)/files" }

  @discardableResult
  func write(_ name: String, _ contents: String) throws -> String { try write(name, Data(contents.utf8)) }

  @discardableResult
  func write(_ name: String, _ contents: Data) throws -> String {
    let url = URL(fileURLWithPath: file(name))
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try contents.write(to: url)
    return url.path
  }

  func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: file(name)) }

  /// Opens or makes the collection of the test.
  func collection(embedder: (any TextEmbedder)? = HashingEmbedder()) throws -> DocumentCollection {
    try DocumentCollection.open("test", in: DataDirectory(path: path + "/data"), access: .create(CollectionSettings(embedder: embedder?.profile)))
  }
}

/// Reproducible randomness: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// The files made for these tests.
enum Fixture {
  static func path(_ name: String) -> String {
    Bundle.module.resourceURL.map { $0.appendingPathComponent("Fixtures/\(name)").path } ?? name
  }

  static func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path(name)))) }

  /// The documents of a file, by the reader that its name and beginning ask for.
  static func read(_ name: String, options: DocumentReaders = DocumentReaders()) async throws -> [ReadDocument] {
    try await Self.read(SourceFile(path: path(name)), options: options)
  }

  static func read(_ file: SourceFile, options: DocumentReaders = DocumentReaders()) async throws -> [ReadDocument] {
    var documents: [ReadDocument] = []
    let format = try FileFormat(path: file.path, head: try file.head())
    try await options.reader(for: format).read(file) { documents.append($0) }
    return documents
  }

  static func read(_ text: String, as name: String, options: DocumentReaders = DocumentReaders()) async throws -> [ReadDocument] {
    try await read(SourceFile(path: name, contents: Array(text.utf8)), options: options)
  }
}
