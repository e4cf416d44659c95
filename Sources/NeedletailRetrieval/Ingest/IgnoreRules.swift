/// Rules of `.gitignore` and `.needletailignore` files, with the meaning that git documents (gitignore(5)).
///
/// Rules of deeper directories win over those of higher ones, later lines over earlier ones, and in one directory
/// `.needletailignore` over `.gitignore`. Whatever is below an ignored directory is ignored, which the walker sees to by
/// not descending.
package struct IgnoreRules: Sendable {
  private struct Rule {
    let pattern: GlobPattern
    let isNegated: Bool
    let matchesDirectoriesOnly: Bool
    /// Compared with the path from the directory of the rule, rather than with the last component.
    let isAnchored: Bool
  }

  /// The rules of one directory.
  private struct Level {
    /// With a slash at the end, unless it is the top.
    let directory: String
    let rules: [Rule]
  }

  private var levels: [Level] = []

  package init() {}

  /// These rules and those of a file in `directory`, a path from the top ("" for the top itself).
  package func adding(_ text: String, directory: String) -> IgnoreRules {
    let rules = text.split(whereSeparator: \.isNewline).compactMap(Self.rule)
    guard !rules.isEmpty else { return self }
    var result = self
    result.levels.append(Level(directory: directory.isEmpty ? "" : directory + "/", rules: rules))
    return result
  }

  /// True if the rules exclude the path, itself not inside an excluded directory.
  package func excludes(_ path: String, isDirectory: Bool) -> Bool {
    let name = path.split(separator: "/").last ?? path[...]
    for level in levels.reversed() where path.hasPrefix(level.directory) {
      let local = path.dropFirst(level.directory.count)
      for rule in level.rules.reversed() where isDirectory || !rule.matchesDirectoriesOnly {
        if rule.pattern.matches(rule.isAnchored ? local : name) { return !rule.isNegated }
      }
    }
    return false
  }

  private static func rule(_ line: Substring) -> Rule? {
    var pattern = withoutTrailingSpaces(line)
    guard !pattern.isEmpty, pattern.first != "#" else { return nil }
    let isNegated = pattern.first == "!"
    if isNegated { pattern.removeFirst() }
    let matchesDirectoriesOnly = pattern.last == "/"
    if matchesDirectoriesOnly { pattern.removeLast() }
    let isAnchored = pattern.contains("/")
    if pattern.first == "/" { pattern.removeFirst() }
    guard !pattern.isEmpty else { return nil }
    return Rule(
      pattern: GlobPattern(String(pattern)), isNegated: isNegated, matchesDirectoriesOnly: matchesDirectoriesOnly, isAnchored: isAnchored)
  }

  /// Spaces at the end do not count, unless a backslash stands before them.
  private static func withoutTrailingSpaces(_ line: Substring) -> Substring {
    var line = line
    while line.last == " " {
      let before = line.dropLast()
      let backslashes = before.reversed().prefix { $0 == "\\" }.count
      guard backslashes.isMultiple(of: 2) else { break }
      line = before
    }
    return line
  }
}
