internal import Foundation

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// A program run without a shell, its output going to a file.
///
/// A file, unlike a pipe, needs no reader to keep the program from blocking, and is there to be shown if something fails.
struct ChildProcess {
  /// Path of the executable.
  let program: String
  let arguments: [String]
  let environment: [String: String]
  /// The folder it starts in, and where the output goes.
  let workFolder: String

  private var outputPath: String { workFolder + "/output.txt" }

  /// Runs the program to its end.
  ///
  /// - Parameter whileRunning: called about ten times a second.
  /// - Returns: the exit status, or 128 and more if a signal ended it.
  /// - Throws: `cancelled` if the task was; the program is then killed first.
  func run(whileRunning: () -> Void = {}) async throws(ModelError) -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.environment = environment
    process.currentDirectoryURL = URL(fileURLWithPath: workFolder)
    process.standardInput = FileHandle.nullDevice
    do {
      try Data().write(to: URL(fileURLWithPath: outputPath))
      let output = try FileHandle(forWritingTo: URL(fileURLWithPath: outputPath))
      process.standardOutput = output
      process.standardError = output
      try process.run()
    } catch {
      throw .missingProgram(name: program, advice: "It could not be started (\(error.localizedDescription)).")
    }
    while process.isRunning {
      do {
        try await Task.sleep(for: .milliseconds(100))
      } catch {
        // Not `terminate`: threads of the pool block signals, and the program inherits that. All it leaves is in our folder.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        throw .cancelled
      }
      whileRunning()
    }
    process.waitUntilExit()
    return process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
  }

  /// What the program said last that looks like a reason, for people to read: pip's last warning tells what went wrong with
  /// the network, its last error what came of it.
  var complaint: String {
    let text = FileManager.default.contents(atPath: outputPath).map { String(decoding: $0.suffix(16384), as: UTF8.self) } ?? ""
    let lines = text.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    let reasons = ["WARNING", "ERROR"].compactMap { kind in lines.last { $0.hasPrefix(kind) } }
    let shown = reasons.isEmpty ? [lines.last ?? "it said nothing"] : reasons
    return shown.map { String($0.prefix(400)) }.joined(separator: " / ")
  }
}
