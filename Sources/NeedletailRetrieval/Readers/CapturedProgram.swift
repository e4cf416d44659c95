internal import Foundation
internal import NeedletailCore
internal import Synchronization
#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// Runs another program and collects what it prints, within limits.
struct CapturedProgram {
  /// A program that was looked up in the search path.
  let executable: URL
  let name: String

  struct Output {
    var bytes: [UInt8]
    var exitCode: Int32
    /// True if there was more output than the limit; the program was ended then.
    var isCut: Bool
  }

  /// Nil if there is no such program: in `PATH`, or where the name says if it is a path.
  init?(named name: String) {
    guard let found = SearchPath.find(name) else { return nil }
    executable = URL(fileURLWithPath: found)
    self.name = name
  }

  /// Runs to the end, or until time or output limit are reached; the program is killed then.
  func run(_ arguments: [String], seconds: Double, outputLimit: Int) throws(ReadingProblem) -> Output {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = executable
    process.arguments = arguments
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    do { try process.run() } catch { throw .programFailed(program: name, reason: error.localizedDescription) }
    let child = process.processIdentifier

    let hasTimedOut = Mutex(false)
    let watch = DispatchSource.makeTimerSource(queue: .global())
    watch.schedule(deadline: .now() + seconds)
    watch.setEventHandler {
      hasTimedOut.withLock { $0 = true }
      kill(child, SIGKILL)
    }
    watch.resume()
    var output: [UInt8] = []
    var isCut = false
    while let piece = try? pipe.fileHandleForReading.read(upToCount: 1 << 16), !piece.isEmpty {
      output += piece
      guard output.count <= outputLimit else {
        isCut = true
        kill(child, SIGKILL)
        break
      }
    }
    process.waitUntilExit()
    watch.cancel()
    guard !hasTimedOut.withLock({ $0 }) else { throw .timedOut(program: name, seconds: seconds) }
    return Output(bytes: isCut ? Array(output.prefix(outputLimit)) : output, exitCode: process.terminationStatus, isCut: isCut)
  }
}
