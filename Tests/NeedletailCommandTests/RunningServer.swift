import Foundation
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// `needletail serve` as a child process on a free port.
final class RunningServer {
  let process: Process
  let port: Int
  private let errors: URL

  init(_ product: Product, _ arguments: [String] = [], data: String? = nil) throws {
    process = product.process(["serve", "--port", "0", "--json"] + (data.map { ["--data", $0] } ?? []) + arguments)
    let output = Pipe()
    errors = product.folder.appendingPathComponent("serve-\(UUID().uuidString)")
    _ = FileManager.default.createFile(atPath: errors.path, contents: nil)
    process.standardOutput = output
    process.standardError = try FileHandle(forWritingTo: errors)
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    let complaint = (try? String(contentsOf: errors, encoding: .utf8)) ?? ""
    port = try #require(line.firstMatch(of: /:(\d+)\//).flatMap { Int($0.1) }, "the server does not listen: \(line) \(complaint)")
  }

  var errorText: String { (try? String(contentsOf: errors, encoding: .utf8)) ?? "" }

  deinit {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
  }

  /// Ends the server politely and returns its status.
  func stop() -> Int32 {
    process.terminate()
    process.waitUntilExit()
    return process.terminationStatus
  }

  func request(_ method: String, _ path: String, _ body: String = "") throws -> (status: Int, text: String) {
    let connection = try #require(Connection(port: port), "the server takes no connections")
    connection.send(Connection.head(method, path, length: body.utf8.count) + body)
    return try #require(connection.reply(), "the server does not answer: \(errorText)")
  }
}

/// A connection to the local machine, for requests that are sent piece by piece.
final class Connection {
  private let descriptor: Int32

  /// Nil if nobody listens.
  init?(port: Int) {
    #if canImport(Glibc)
      descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #else
      descriptor = socket(AF_INET, SOCK_STREAM, 0)
    #endif
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = unsafe inet_addr("127.0.0.1")
    let isOpen = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 }
    }
    guard isOpen else {
      close(descriptor)
      return nil
    }
    var patience = timeval(tv_sec: 20, tv_usec: 0)
    _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { close(descriptor) }

  static func head(_ method: String, _ path: String, length: Int) -> String {
    "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: \(length)\r\n\r\n"
  }

  func send(_ text: String) {
    let bytes = Array(text.utf8)
    _ = unsafe bytes.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
  }

  /// The next reply; nil if the connection ends instead.
  func reply() -> (status: Int, text: String)? {
    var received: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let text = String(decoding: received, as: UTF8.self)
      if let head = text.range(of: "\r\n\r\n"), let length = text.firstMatch(of: /(?i)content-length: (\d+)/).flatMap({ Int($0.1) }),
        text[head.upperBound...].utf8.count >= length, let status = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
      {
        return (status, String(text[head.upperBound...]))
      }
      let count = unsafe piece.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { return nil }
      received += piece[..<count]
    }
  }
}
