import Foundation
import NeedletailStore

/// `NeedletailCrashWriter`, running.
final class OtherProcess {
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  private var rest = Data()

  /// - Parameter wrapper: a command that runs the program with other rights, say.
  init(_ arguments: [String], wrapper: [String] = []) throws {
    guard let program = Self.program else { throw Missing() }
    let command = wrapper + [program] + arguments
    process.executableURL = URL(fileURLWithPath: command[0])
    process.arguments = Array(command.dropFirst())
    process.standardInput = input
    process.standardOutput = output
    try process.run()
  }

  struct Missing: Error {}

  var number: Int32 { process.processIdentifier }

  /// The next line it says; nil at the end.
  func line() -> String? {
    while true {
      if let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: rest[..<end], as: UTF8.self)
        rest = Data(rest[(end + 1)...])
        return line
      }
      let more = output.fileHandleForReading.availableData
      guard !more.isEmpty else { return nil }
      rest += more
    }
  }

  func kill() {
    Foundation.kill(process.processIdentifier, SIGKILL)
  }

  /// Ends its input and waits for its end.
  func finish() {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  /// Beside the test program, wherever that was built.
  static var program: String? {
    let starts = CommandLine.arguments.filter { $0.contains(".xctest") } + [CommandLine.arguments[0], Bundle.main.bundlePath]
    for start in starts {
      var folder = URL(fileURLWithPath: start)
      for _ in 0..<5 {
        folder.deleteLastPathComponent()
        let candidate = folder.appendingPathComponent("NeedletailCrashWriter").path
        if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
      }
    }
    return nil
  }
}
