import Foundation
import NeedletailRetrieval
import Testing

@Suite struct FileWalkerTests {
  private func names(_ scratch: Scratch, _ options: FileSelection = FileSelection(), root: String = "") throws -> [String] {
    try FileWalker(options: options).walk(root.isEmpty ? scratch.files : scratch.file(root)).files.map(\.relativePath)
  }

  @Test func listsFilesInOrderWithoutHiddenOnes() throws {
    let scratch = try Scratch()
    for name in ["b.txt", "a/z.txt", "a/b/c.txt", "a.txt", ".hidden", ".git/config", "a/.secret/x.txt"] { try scratch.write(name, "x") }
    #expect(try names(scratch) == ["a/b/c.txt", "a/z.txt", "a.txt", "b.txt"])
    var all = FileSelection()
    all.includesHidden = true
    #expect(try names(scratch, all) == [".hidden", "a/.secret/x.txt", "a/b/c.txt", "a/z.txt", "a.txt", "b.txt"])
  }

  @Test func respectsBothIgnoreFiles() throws {
    let scratch = try Scratch()
    for name in ["a.log", "b.txt", "build/x.txt", "sub/c.log", "sub/d.txt"] { try scratch.write(name, "x") }
    try scratch.write(".gitignore", "*.log\nbuild/\n")
    try scratch.write(".needletailignore", "b.txt\n!a.log\n")
    #expect(try names(scratch) == ["a.log", "sub/d.txt"])
    var everything = FileSelection()
    everything.respectsIgnoreFiles = false
    #expect(try names(scratch, everything).count == 5)
  }

  @Test func appliesTheRulesOfTheRepositoryAround() throws {
    let scratch = try Scratch()
    for name in ["sub/deep/a.log", "sub/deep/b.txt", "sub/deep/only.txt"] { try scratch.write(name, "x") }
    try scratch.write(".git/HEAD", "x")
    try scratch.write(".git/info/exclude", "b.txt")
    try scratch.write(".gitignore", "*.log\n/only.txt\n")
    try scratch.write("sub/.gitignore", "/deep/only.txt")
    #expect(try names(scratch, root: "sub/deep") == [])
    try scratch.remove("sub/.gitignore")
    #expect(try names(scratch, root: "sub/deep") == ["only.txt"])
  }

  @Test func takesAFileThatIsNamed() throws {
    let scratch = try Scratch()
    try scratch.write(".gitignore", "*")
    try scratch.write("a.txt", "x")
    #expect(try names(scratch, root: "a.txt") == ["a.txt"])
  }

  @Test func followsLinksOnlyWhenAsked() throws {
    let scratch = try Scratch()
    try scratch.write("a/x.txt", "x")
    let manager = FileManager.default
    try manager.createSymbolicLink(atPath: scratch.file("a/loop"), withDestinationPath: scratch.files)
    try manager.createSymbolicLink(atPath: scratch.file("link.txt"), withDestinationPath: scratch.file("a/x.txt"))
    try manager.createSymbolicLink(atPath: scratch.file("nowhere"), withDestinationPath: scratch.file("missing"))
    #expect(try names(scratch) == ["a/x.txt"])
    var following = FileSelection()
    following.followsLinks = true
    #expect(try names(scratch, following) == ["a/x.txt", "link.txt"])
  }

  @Test func reportsNamesThatAreNotUTF8() throws {
    let scratch = try Scratch()
    try scratch.write("good.txt", "x")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "cd \"$0\" && touch \"$(printf 'bad\\377.txt')\"", scratch.files]
    try process.run()
    process.waitUntilExit()
    // Some file systems refuse such names.
    guard process.terminationStatus == 0 else { return }
    let walk = try FileWalker().walk(scratch.files)
    #expect(walk.files.map(\.relativePath) == ["good.txt"])
    #expect(walk.problems.count == 1)
  }

  @Test func saysWhenThereIsNothing() throws {
    #expect(throws: RetrievalError.self) { try FileWalker().walk("/no/such/place") }
  }
}
