public import Foundation

/// The folders in which programs are looked up: `PATH`.
public enum SearchPath {
  /// Finds a program.
  ///
  /// - Parameters:
  ///   - name: what the program is called; an absolute path is taken as it is. Relative folders of `PATH` do not count.
  ///   - environment: holds `PATH`; without it the usual folders are searched.
  /// - Returns: the path of the first executable file of that name, or nil.
  public static func find(
    _ name: String, in environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> String? {
    let path = environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
    let candidates = name.hasPrefix("/") ? [name] : path.split(separator: ":").filter { $0.hasPrefix("/") }.map { "\($0)/\(name)" }
    return candidates.first { FileManager.default.isExecutableFile(atPath: $0) }
  }
}
