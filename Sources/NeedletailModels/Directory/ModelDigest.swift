internal import Crypto
internal import Foundation

/// The identity of a model: whatever changes a vector changes the digest, and nothing else does.
struct ModelDigest {
  /// Raised when the meaning of the digest changes.
  private static let version = 1
  private static let cacheName = ".needletail-digests.json"

  /// The digest in lower-case hexadecimal.
  ///
  /// - Parameters:
  ///   - settings: everything besides files that influences vectors, one statement each.
  ///   - files: names in `folder` whose bytes influence vectors.
  ///   - isCached: whether the digests of files may be kept in `folder`.
  static func compute(settings: [String], files: [String], in folder: String, isCached: Bool) throws(ModelError) -> String {
    var hash = SHA256()
    var cache = Cache(path: folder + "/" + cacheName)
    // Lengths in front keep two lists from looking like one another.
    for statement in ["needletail model \(version)"] + settings {
      hash.update(data: Data("\(statement.utf8.count) \(statement)\n".utf8))
    }
    for name in files {
      let digest = try cache.digest(ofFile: name, in: folder)
      hash.update(data: Data("\(name) \(digest)\n".utf8))
    }
    if isCached { cache.saveIfChanged() }
    return hash.finalize().hexadecimal
  }

  /// The digest of a model with an adapter.
  static func combined(_ digest: String, _ adapter: LowRankAdapter) -> String {
    var hash = SHA256()
    hash.update(data: Data("\(digest) adapter \(adapter.rank) \(adapter.scale)\n".utf8))
    for (name, addition) in adapter.additions.map({ ("\($0)", $1) }).sorted(by: { $0.0 < $1.0 }) {
      hash.update(data: Data("\(name) \(addition.down.count)\n".utf8))
      let bytes = (addition.down + addition.up).flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) } }
      hash.update(data: Data(bytes))
    }
    return hash.finalize().hexadecimal
  }

  /// The SHA-256 of a file's bytes in lower-case hexadecimal.
  static func sha256(ofFile path: String) throws(ModelError) -> String {
    do {
      let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
      defer { try? file.close() }
      var hash = SHA256()
      while let chunk = try file.read(upToCount: 1 << 20), !chunk.isEmpty { hash.update(data: chunk) }
      return hash.finalize().hexadecimal
    } catch {
      throw .malformedFile(path: path, reason: "it cannot be read (\(error.localizedDescription))")
    }
  }

  /// Digests of files, kept beside them while size and time of change stay the same.
  ///
  /// Hashing 90 MB takes longer than a whole search. The file is a cache: if it is damaged or cannot be written, the only
  /// cost is time.
  private struct Cache {
    struct Entry: Codable, Hashable {
      var byteCount: Int
      /// Microseconds since 1970.
      var modified: Int64
      var sha256: String
    }

    private let path: String
    private var entries: [String: Entry]
    private var isChanged = false

    init(path: String) {
      self.path = path
      let data = FileManager.default.contents(atPath: path) ?? Data()
      entries = (try? JSONDecoder().decode([String: Entry].self, from: data)) ?? [:]
    }

    mutating func digest(ofFile name: String, in folder: String) throws(ModelError) -> String {
      let file = URL(fileURLWithPath: folder + "/" + name).resolvingSymlinksInPath().path
      let attributes = try? FileManager.default.attributesOfItem(atPath: file)
      let byteCount = (attributes?[.size] as? NSNumber)?.intValue ?? -1
      let modified = Int64(((attributes?[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0) * 1e6)
      if let entry = entries[name], entry.byteCount == byteCount, entry.modified == modified { return entry.sha256 }
      let digest = try ModelDigest.sha256(ofFile: file)
      entries[name] = Entry(byteCount: byteCount, modified: modified, sha256: digest)
      isChanged = true
      return digest
    }

    func saveIfChanged() {
      guard isChanged, let data = try? JSONEncoder().encode(entries) else { return }
      try? data.write(to: URL(fileURLWithPath: path), options: .atomic)
    }
  }
}

extension SHA256Digest {
  fileprivate var hexadecimal: String {
    map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
  }
}
