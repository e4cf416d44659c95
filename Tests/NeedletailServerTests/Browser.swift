import Foundation
import NeedletailCore

/// A headless Chromium under remote control, so that tests see and do what a person would.
///
/// Speaks the DevTools protocol (JSON messages ended by a zero byte) over two pipes.
final class Browser: Sendable {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// Where a Chromium may be; nil if there is none, which is no failure of the product.
  static let executable: String? = {
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
    let candidates =
      folders.flatMap { folder in names.map { "\(folder)/\($0)" } } + [
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium",
      ]
    return candidates.first { FileManager.default.isExecutableFile(atPath: $0) }
  }()

  private let connection: DevToolsConnection
  private let session: String

  private init(connection: DevToolsConnection, session: String) {
    self.connection = connection
    self.session = session
  }

  /// Runs a test in a browser of its own with one blank page, and ends the browser.
  static func with(_ executable: String, _ body: (Browser) async throws -> Void) async throws {
    let connection = try DevToolsConnection(executable: executable)
    defer { connection.close() }
    let target = try await connection.command("Target.createTarget", ["url": "about:blank"])
    let attached = try await connection.command(
      "Target.attachToTarget", ["targetId": target["targetId"] ?? .null, "flatten": true])
    let browser = Browser(connection: connection, session: attached["sessionId"]?.string ?? "")
    try await browser.command("Page.enable")
    try await browser.resize(width: 1280, height: 900)
    try await body(browser)
  }

  @discardableResult
  func command(_ method: String, _ parameters: Payload = [:]) async throws -> Payload {
    try await connection.command(method, parameters, session: session)
  }

  func resize(width: Int64, height: Int64) async throws {
    try await command(
      "Emulation.setDeviceMetricsOverride",
      ["width": .integer(width), "height": .integer(height), "deviceScaleFactor": 1, "mobile": .bool(width < 600)])
  }

  func prefer(colorScheme: String) async throws {
    try await command(
      "Emulation.setEmulatedMedia",
      ["features": .array([.object(["name": "prefers-color-scheme", "value": .string(colorScheme)])])])
  }

  func switchScripts(off: Bool) async throws {
    try await command("Emulation.setScriptExecutionDisabled", ["value": .bool(off)])
  }

  /// Opens an address and waits until it is there.
  func open(_ address: String) async throws {
    try await command("Page.navigate", ["url": .string(address)])
    try await waitUntil("document.readyState === 'complete' && location.href.startsWith('http')")
  }

  /// The value of a JavaScript expression; promises are awaited.
  @discardableResult
  func evaluate(_ expression: String) async throws -> JSONValue {
    let reply = try await command(
      "Runtime.evaluate", ["expression": .string(expression), "returnByValue": true, "awaitPromise": true])
    if let exception = reply["exceptionDetails"] { throw Failure(description: "\(expression): \(exception)") }
    guard case .object(let result)? = reply["result"] else { return .null }
    return result["value"] ?? .null
  }

  /// Waits, at most ten seconds, for a condition in the page.
  ///
  /// Asks again and again from here: a page that is being left loses its promises, and one without scripts has no timers.
  func waitUntil(_ condition: String) async throws {
    let deadline = ContinuousClock.now + .seconds(10)
    while ContinuousClock.now < deadline {
      if case .bool(true)? = try? await evaluate("Boolean(\(condition))") { return }
      try await Task.sleep(for: .milliseconds(15))
    }
    let state = (try? await evaluate("location.href + '\\n' + document.body.innerText")) ?? .null
    throw Failure(description: "waited in vain for \(condition) in \(state)")
  }

  func type(_ text: String) async throws {
    try await command("Input.insertText", ["text": .string(text)])
  }

  /// Presses a key by its DOM name.
  func press(_ key: String) async throws {
    var event: Payload = ["key": .string(key), "type": "keyDown"]
    if key.count == 1 { event["text"] = .string(key) }
    if key == "Enter" { event.merge(["text": "\r", "windowsVirtualKeyCode": 13, "code": "Enter"]) { $1 } }
    if key == "Escape" { event["windowsVirtualKeyCode"] = 27 }
    try await command("Input.dispatchKeyEvent", event)
    event["type"] = "keyUp"
    event["text"] = nil
    try await command("Input.dispatchKeyEvent", event)
  }

  /// A picture of the window as PNG.
  func screenshot() async throws -> Data {
    let reply = try await command("Page.captureScreenshot", ["format": "png"])
    return Data(base64Encoded: reply["data"]?.string ?? "") ?? Data()
  }
}
