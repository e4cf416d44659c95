internal import Foundation
internal import HTTPTypes
internal import NeedletailPoints

extension PointInterface {
  /// `/collections/{name}/snapshots/…`
  func snapshots(_ name: String, _ rest: [String], _ call: PointCall) async throws -> PointAnswer? {
    let library = try service.library()
    let waits = try call.waits(default: true)
    switch (call.method, rest) {
    case (.post, []):
      let file = try library.createSnapshot(of: name)
      return waits ? .result { $0.snapshot(file) } : .accepted
    case (.get, []):
      let files = try library.snapshots(of: name)
      return .result { writer in writer.array { writer in for file in files { writer.snapshot(file) } } }
    case (.put, ["recover"]):
      try await recover(name, try call.fields(), library)
      return waits ? .done : .accepted
    case (.post, ["upload"]):
      try upload(name, call, library)
      return waits ? .done : .accepted
    case (.get, _) where rest.count == 1:
      let file = try library.snapshot(rest[0], of: name)
      return .file(path: file.path, name: file.name)
    case (.delete, _) where rest.count == 1:
      try library.removeSnapshot(rest[0], of: name)
      return waits ? .done : .accepted
    default: return nil
    }
  }

  /// `/snapshots/…`: copies of everything.
  func storageSnapshots(_ rest: [String], _ call: PointCall) throws -> PointAnswer? {
    let library = try service.library()
    let waits = try call.waits(default: true)
    switch (call.method, rest.count) {
    case (.post, 0):
      let file = try library.createStorageSnapshot()
      return waits ? .result { $0.snapshot(file) } : .accepted
    case (.get, 0):
      let files = library.storageSnapshots
      return .result { writer in writer.array { writer in for file in files { writer.snapshot(file) } } }
    case (.get, 1):
      let file = try library.storageSnapshot(rest[0])
      return .file(path: file.path, name: file.name)
    case (.delete, 1):
      try library.removeStorageSnapshot(rest[0])
      return waits ? .done : .accepted
    default: return nil
    }
  }

  /// Restores from a file in the folder of snapshots, or from a host that the operator allowed.
  private func recover(_ name: String, _ fields: JSONFields, _ library: PointLibrary) async throws {
    let location = try fields.requiredString("location")
    let checksum = try checked(try fields.string("checksum"))
    if let url = URL(string: location), url.scheme == "http" || url.scheme == "https" {
      let path = try await service.snapshotSource.fetch(url, into: library.snapshotsFolder, key: try fields.string("api_key"))
      defer { try? FileManager.default.removeItem(atPath: path) }
      return try library.restore(name, from: path, checksum: checksum)
    }
    guard let url = URL(string: location), url.scheme == "file", url.path.hasPrefix("/"), (url.host ?? "").isEmpty || url.host == "localhost" else {
      throw PointError.badRequest("Invalid snapshot URI, file path must be absolute or on localhost")
    }
    let path = url.standardizedFileURL.resolvingSymlinksInPath().path
    let folder = URL(fileURLWithPath: library.snapshotsFolder).standardizedFileURL.resolvingSymlinksInPath().path
    guard FileManager.default.fileExists(atPath: path) else { throw PointError.badRequest("Snapshot file \"\(path)\" does not exist") }
    guard path.hasPrefix(folder + "/") else { throw PointError.forbidden("Snapshot file path must be inside the snapshots directory: \(folder)") }
    try library.restore(name, from: path, checksum: checksum)
  }

  private func upload(_ name: String, _ call: PointCall, _ library: PointLibrary) throws {
    let checksum = try checked(call.query["checksum"])
    guard let contents = MultipartForm.firstFile(in: call.body) else { throw PointError.badRequest("the form has no file `snapshot`") }
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("needletail-\(UUID().uuidString).snapshot").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(contents).write(to: URL(fileURLWithPath: path))
    try library.restore(name, from: path, checksum: checksum)
  }

  private func checked(_ checksum: String?) throws(PointError) -> String? {
    guard let checksum else { return nil }
    guard checksum.utf8.count == 64, checksum.allSatisfy(\.isHexDigit) else { throw .validation(["checksum: Validation error: invalid_sha256_hash [{}]"]) }
    return checksum
  }
}

extension JSONWriter {
  mutating func snapshot(_ file: PointSnapshotFile) {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.timeZone = TimeZone(identifier: "UTC")
    formatter.dateFormat = "yyyy-MM-dd'T'HH:mm:ss"
    object { writer in
      writer.member("name") { $0.string(file.name) }
      writer.member("creation_time") { $0.string(formatter.string(from: file.created)) }
      writer.member("size") { $0.integer(file.bytes) }
      writer.member("checksum") { $0.string(file.checksum) }
    }
  }
}

/// A form with files (RFC 7578), as far as an upload of one file needs it.
enum MultipartForm {
  /// The contents of the first part; nil if the body is no such form.
  static func firstFile(in body: [UInt8]) -> ArraySlice<UInt8>? {
    guard body.starts(with: "--".utf8), let lineEnd = range(of: "\r\n", in: body[...]) else { return nil }
    let boundary = "\r\n" + String(decoding: body[..<lineEnd.lowerBound], as: UTF8.self)
    guard let headersEnd = range(of: "\r\n\r\n", in: body[lineEnd.lowerBound...]) else { return nil }
    guard let end = range(of: boundary, in: body[headersEnd.upperBound...]) else { return nil }
    return body[headersEnd.upperBound..<end.lowerBound]
  }

  private static func range(of text: String, in bytes: ArraySlice<UInt8>) -> Range<Int>? {
    Data(bytes).range(of: Data(text.utf8)).map { $0.lowerBound + bytes.startIndex..<$0.upperBound + bytes.startIndex }
  }
}
