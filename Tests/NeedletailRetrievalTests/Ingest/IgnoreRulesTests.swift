import Foundation
import NeedletailRetrieval
import Testing

@Suite struct IgnoreRulesTests {
  /// Rules, a path (a slash at the end means a directory), and whether gitignore(5) says it is ignored.
  @Test(arguments: [
    ("*.o", "a.o", true), ("*.o", "x/y/a.o", true), ("*.o", "a.os", false), ("/a.o", "a.o", true), ("/a.o", "x/a.o", false),
    ("doc/frotz", "doc/frotz", true), ("doc/frotz", "a/doc/frotz", false), ("frotz/", "frotz/", true), ("frotz/", "frotz", false),
    ("frotz/", "a/frotz/", true), ("doc/frotz/", "a/doc/frotz/", false), ("**/foo", "foo", true), ("**/foo", "a/b/foo", true),
    ("**/foo/bar", "a/foo/bar", true), ("abc/**", "abc/x/y", true), ("abc/**", "abc/", false), ("a/**/b", "a/b", true),
    ("a/**/b", "a/x/y/b", true), ("a/**/b", "ab", false), ("foo/*", "foo/test.json", true), ("foo/*", "foo/bar/hello.c", false),
    ("a?c", "abc", true), ("a?c", "a/c", false), ("[a-c].txt", "b.txt", true), ("[!a-c].txt", "b.txt", false), ("[^a-c].txt", "d.txt", true),
    ("[]x].t", "].t", true), ("[[:digit:]]*", "7up", true), ("[[:digit:]]*", "up7", false), ("# comment", "# comment", false),
    ("\\#file", "#file", true), ("\\!file", "!file", true), ("*.o\n!keep.o", "keep.o", false), ("!keep.o\n*.o", "keep.o", true),
    ("trailing   ", "trailing", true), ("trailing\\ ", "trailing ", true), ("trailing\\ ", "trailing", false), ("a[", "a[", false),
    ("a\\", "a\\", false), ("\\*", "*", true), ("\\*", "x", false), ("**", "a/b", true), ("**/", "a/", true), ("**/", "a", false),
    ("/", "a", false), ("", "a", false), ("a**b", "axyb", true), ("x/a**b", "x/ay/b", false), ("*", "ä", true), ("ä*", "äb", true),
    ("b/*\n!b/keep", "b/keep", false), ("/*\n!/foo", "foo", false), ("/*\n!/foo", "bar", true),
  ])
  func meansWhatGitDocuments(rules: String, path: String, isIgnored: Bool) {
    let isDirectory = path.hasSuffix("/")
    let name = isDirectory ? String(path.dropLast()) : path
    #expect(IgnoreRules().adding(rules, directory: "").excludes(name, isDirectory: isDirectory) == isIgnored)
  }

  @Test func deeperRulesWin() {
    let rules = IgnoreRules().adding("*.log", directory: "").adding("!keep.log\n/here.txt", directory: "a/b")
    #expect(rules.excludes("a/x.log", isDirectory: false))
    #expect(!rules.excludes("a/b/keep.log", isDirectory: false))
    #expect(rules.excludes("keep.log", isDirectory: false))
    #expect(rules.excludes("a/b/here.txt", isDirectory: false))
    #expect(!rules.excludes("a/b/c/here.txt", isDirectory: false))
    #expect(!rules.excludes("a/bc/here.txt", isDirectory: false))
  }

  @Test func answersInBoundedTime() {
    let rules = IgnoreRules().adding(String(repeating: "*a", count: 200) + "*b\nx/" + String(repeating: "**/a/", count: 100) + "b", directory: "")
    let clock = ContinuousClock()
    let elapsed = clock.measure {
      #expect(!rules.excludes(String(repeating: "a", count: 2000), isDirectory: false))
      #expect(!rules.excludes("x/" + String(repeating: "a/", count: 1000) + "c", isDirectory: false))
    }
    #expect(elapsed < .seconds(5))
  }

  static let git = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/git" }
    .first { FileManager.default.isExecutableFile(atPath: $0) }

  /// Random rules and trees; git itself is the judge of which files are left.
  @Test(.enabled(if: git != nil, "git is not installed"), arguments: UInt64(0)..<12)
  func agreesWithGit(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let scratch = try Scratch()
    var files: Set<String> = []
    for _ in 0..<80 {
      let depth = Int.random(in: 0...3, using: &generator)
      let path = (0...depth).map { _ in ["a", "b", "ab", "x.o", "c d", "ba.txt"].randomElement(using: &generator) ?? "a" }.joined(separator: "/")
      let isFree = !files.contains { $0.hasPrefix(path + "/") || path.hasPrefix($0 + "/") }
      if isFree, files.insert(path).inserted { try scratch.write(path, "x") }
    }
    try scratch.write(".gitignore", Self.rules(using: &generator))
    for folder in ["a", "b", "a/b", "ab"] where files.contains(where: { $0.hasPrefix(folder + "/") }) {
      try scratch.write("\(folder)/.gitignore", Self.rules(using: &generator))
    }
    _ = try Self.run(["init", "-q"], in: scratch.files)
    let listed = try Self.run(["-c", "core.excludesFile=/dev/null", "ls-files", "-z", "--others", "--exclude-standard"], in: scratch.files)
    let expected = Set(listed.split(separator: "\0").map(String.init).filter { !$0.hasSuffix(".gitignore") })
    let walk = try FileWalker().walk(scratch.files)
    #expect(Set(walk.files.map(\.relativePath)) == expected, "seed \(seed)")
  }

  private static func rules(using generator: inout SeededGenerator) -> String {
    let atoms = ["a", "b", "*", "**", "?", "ab", "*.o", "x.o", "[ab]", "[!a]", "c d", "c\\ d", "ba.*", "*b*"]
    return (0..<Int.random(in: 1...5, using: &generator)).map { _ in
      var rule = Bool.random(using: &generator) ? "" : ["!", "/", "!/"].randomElement(using: &generator) ?? ""
      rule += (0..<Int.random(in: 1...3, using: &generator)).map { _ in atoms.randomElement(using: &generator) ?? "a" }.joined(separator: "/")
      return rule + (["", "", "/", " "].randomElement(using: &generator) ?? "")
    }.joined(separator: "\n")
  }

  private static func run(_ arguments: [String], in folder: String) throws -> String {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: git ?? "")
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.standardOutput = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: output, as: UTF8.self)
  }
}
