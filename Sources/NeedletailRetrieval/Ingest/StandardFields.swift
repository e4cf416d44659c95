internal import NeedletailCore

/// The payload fields that every document from a file has, so that filters and facets work everywhere.
extension Payload {
  /// Adds `path` (from the root), `folder`, `type`, `modified` (ISO 8601, UTC) and `size` (bytes). What the contents say
  /// under these names is kept under `original`.
  func addingStandardFields(of file: FoundFile, relativePath: String, kind: FileKind) -> Payload {
    var result = self
    var original: Payload = [:]
    for name in ["path", "folder", "type", "modified", "size"] {
      if let value = result.removeValue(forKey: name) { original[name] = value }
    }
    if !original.isEmpty { result["original"] = .object(original) }
    let folder = relativePath.split(separator: "/").dropLast().joined(separator: "/")
    result["path"] = .string(relativePath)
    result["folder"] = .string(folder)
    result["type"] = .string(kind.rawValue)
    result["size"] = .integer(file.size)
    result.setModified(file.modified)
    return result
  }

  /// - Parameter nanoseconds: since 1970.
  mutating func setModified(_ nanoseconds: Int64) {
    self["modified"] = .string(Timestamp(secondsSince1970: nanoseconds.floorDivided(by: 1_000_000_000)).iso8601)
  }
}
