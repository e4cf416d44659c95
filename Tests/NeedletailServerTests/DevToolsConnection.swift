import Foundation
import NeedletailCore
import Synchronization

/// The two pipes to a browser's DevTools.
///
/// One command is under way at a time; events that arrive before its answer are dropped. Reading blocks a queue of its
/// own, never a thread of the concurrency runtime. A browser that lives longer than `longestLife` is ended, so that a
/// test which waits for it fails and does not hang.
final class DevToolsConnection: Sendable {
  fileprivate struct State {
    var lastIdentifier: Int64 = 0
    var unread: [UInt8] = []
  }

  private static let longestLife: DispatchTimeInterval = .seconds(90)

  private let process = Mutex<Process?>(nil)
  private let profile: URL
  private let toBrowser = Pipe()
  private let fromBrowser = Pipe()
  private let queue = DispatchQueue(label: "browser")
  private let state = Mutex(State())

  init(executable: String) throws {
    profile = FileManager.default.temporaryDirectory.appendingPathComponent("needletail-browser-\(UUID().uuidString)")
    let browser = Process()
    browser.executableURL = URL(fileURLWithPath: "/bin/sh")
    // DevTools reads descriptor 3 and writes descriptor 4, which Foundation cannot set up but a shell can.
    browser.arguments = [
      "-c", "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1", executable, "--headless=new", "--no-sandbox",
      "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--hide-scrollbars", "--remote-debugging-pipe",
      "--user-data-dir=\(profile.path)",
    ]
    browser.standardInput = toBrowser
    browser.standardOutput = fromBrowser
    try browser.run()
    process.withLock { $0 = browser }
    DispatchQueue.global().asyncAfter(deadline: .now() + Self.longestLife) { [weak self] in
      self?.process.withLock { $0?.terminate() }
    }
  }

  /// Ends the browser and removes its profile.
  func close() {
    process.withLock {
      $0?.terminate()
      $0?.waitUntilExit()
      $0 = nil
    }
    try? FileManager.default.removeItem(at: profile)
  }

  func command(_ method: String, _ parameters: Payload, session: String? = nil) async throws -> Payload {
    try await withCheckedThrowingContinuation { continuation in
      queue.async {
        continuation.resume(with: Result { try self.exchange(method, parameters, session: session) })
      }
    }
  }

  private func exchange(_ method: String, _ parameters: Payload, session: String?) throws -> Payload {
    let identifier = state.withLock { state in
      state.lastIdentifier += 1
      return state.lastIdentifier
    }
    var message: Payload = ["id": .integer(identifier), "method": .string(method), "params": .object(parameters)]
    if let session { message["sessionId"] = .string(session) }
    try toBrowser.fileHandleForWriting.write(contentsOf: JSONEncoder().encode(message) + [0])
    while true {
      let answer = try JSONDecoder().decode(Payload.self, from: readMessage())
      guard answer["id"] == .integer(identifier) else { continue }
      if let error = answer["error"] { throw Browser.Failure(description: "\(method): \(error)") }
      if case .object(let result)? = answer["result"] { return result }
      return [:]
    }
  }

  private func readMessage() throws -> Data {
    while true {
      if let message = state.withLock({ $0.nextMessage() }) { return message }
      let bytes = fromBrowser.fileHandleForReading.availableData
      guard !bytes.isEmpty else { throw Browser.Failure(description: "the browser went away") }
      state.withLock { $0.unread += bytes }
    }
  }
}

extension DevToolsConnection.State {
  fileprivate mutating func nextMessage() -> Data? {
    guard let end = unread.firstIndex(of: 0) else { return nil }
    defer { unread.removeFirst(end + 1) }
    return Data(unread[..<end])
  }
}
