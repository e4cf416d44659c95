internal import Foundation
internal import NeedletailNumerics

/// Keeps the folder of index files in order. Only the writer of a collection may.
struct IndexFolder: Sendable {
  static let damagedSuffix = ".damaged"

  let path: String

  /// Renames a damaged file, so that it can be looked at, and says so.
  func setAside(_ problem: SegmentFileProblem, notices: Notices) {
    let file = "\(path)/\(problem.name)"
    guard FileSystem.size(of: file) != nil else {
      notices.add("the index file \(problem.name) is missing; it is built again from the database")
      return
    }
    let target = problem.name + Self.damagedSuffix
    do {
      try FileSystem.move(file, to: "\(path)/\(target)")
      notices.add("the index file \(problem.name) was damaged (\(problem.reason)); it was set aside as \(target) and is built again from the database")
    } catch {
      notices.add("the index file \(problem.name) was damaged (\(problem.reason)); it is built again from the database")
    }
  }

  /// Deletes what no segment refers to: remains of builds that were interrupted and files that were replaced. Files that
  /// were set aside stay.
  func removeAll(except names: Set<String>) {
    let found = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    for name in found where !names.contains(name) && isOurs(name) { FileSystem.remove("\(path)/\(name)") }
  }

  /// `NUMBER.KIND`, and with another ending while it is written.
  private func isOurs(_ name: String) -> Bool {
    guard !name.hasSuffix(Self.damagedSuffix) else { return false }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count >= 2 && Int64(parts[0]) != nil && SegmentFileKind(rawValue: String(parts[1])) != nil
  }
}
