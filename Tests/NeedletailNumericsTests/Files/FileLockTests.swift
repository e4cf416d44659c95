import NeedletailNumerics
import Testing

@Suite struct FileLockTests {
  private func isFree(_ path: String) throws(FileError) -> Bool {
    switch try FileLock(path: path) {
    case .some: true
    case .none: false
    }
  }

  @Test func onlyOneHoldsItUntilItIsLetGo() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/lock"
    do {
      guard let lock = try FileLock(path: path) else {
        Issue.record("a free lock was refused")
        return
      }
      #expect(try !isFree(path))
      _ = consume lock
    }
    #expect(try isFree(path))
  }

  @Test func aPlaceThatCannotBeWrittenIsAnError() {
    #expect(throws: FileError.self) { try isFree("/nowhere/lock") }
  }
}
