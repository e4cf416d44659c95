internal import Foundation
internal import NeedletailCore
#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// A connection to a server that stays open from request to request, used by one thread: as little as measuring needs.
final class HTTPConnection {
  struct Reply {
    let status: Int
    let body: ArraySlice<UInt8>
  }

  enum Failure: Problem {
    case cannotConnect(host: String, port: Int, code: Int32)
    case interrupted(code: Int32)
    /// The server answered, but did not do what was asked.
    case refused(String)

    var category: ProblemCategory { .unavailable }

    var description: String {
      switch self {
      case .cannotConnect(let host, let port, let code):
        "No server answers at \(host):\(port) (\(unsafe String(cString: strerror(code)))). Start one with `needletail serve --port \(port)`."
      case .interrupted(let code): "The server closed the connection (\(unsafe String(cString: strerror(code))))."
      case .refused(let reason): "The server refused: \(reason)"
      }
    }
  }

  private let descriptor: Int32
  private var received: [UInt8] = []
  private var chunk = [UInt8](repeating: 0, count: 1 << 16)

  /// Connects to an IPv4 address or a name that has one.
  init(host: String, port: Int) throws(Failure) {
    var hints = unsafe addrinfo()
    unsafe hints.ai_family = AF_INET
    #if canImport(Glibc)
      unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    #else
      unsafe hints.ai_socktype = SOCK_STREAM
    #endif
    var found: UnsafeMutablePointer<addrinfo>?
    guard unsafe getaddrinfo(host, String(port), &hints, &found) == 0, let address = unsafe found else {
      throw .cannotConnect(host: host, port: port, code: errno)
    }
    defer { unsafe freeaddrinfo(address) }
    descriptor = unsafe socket(address.pointee.ai_family, address.pointee.ai_socktype, 0)
    guard descriptor >= 0 else { throw .cannotConnect(host: host, port: port, code: errno) }
    guard unsafe connect(descriptor, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0 else {
      let code = errno
      close(descriptor)
      throw .cannotConnect(host: host, port: port, code: code)
    }
    var on: Int32 = 1
    _ = unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
  }

  deinit { close(descriptor) }

  /// A request as bytes, made once and sent often.
  static func request(_ method: String, _ path: String, host: String, key: String?, body: [UInt8]) -> [UInt8] {
    let authorization = key.map { "api-key: \($0)\r\n" } ?? ""
    let head = "\(method) \(path) HTTP/1.1\r\nHost: \(host)\r\n\(authorization)Content-Type: application/json\r\nContent-Length: \(body.count)\r\n\r\n"
    return Array(head.utf8) + body
  }

  /// Sends a request and waits for the reply.
  func send(_ request: [UInt8]) throws(Failure) -> Reply {
    var position = 0
    while position < request.count {
      let count = unsafe request.withUnsafeBytes { bytes in
        unsafe Self.write(descriptor, bytes.baseAddress.map { unsafe $0 + position }, bytes.count - position)
      }
      guard count > 0 else { throw .interrupted(code: errno) }
      position += count
    }
    received.removeAll(keepingCapacity: true)
    var head: (status: Int, end: Int, length: Int)?
    while true {
      if head == nil { head = Self.head(of: received) }
      if let head, received.count >= head.end + head.length { return Reply(status: head.status, body: received[head.end..<head.end + head.length]) }
      try receive()
    }
  }

  private static func write(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    #if canImport(Darwin)
      unsafe send(descriptor, bytes, count, 0)
    #else
      unsafe Glibc.send(descriptor, bytes, count, Int32(MSG_NOSIGNAL))
    #endif
  }

  private func receive() throws(Failure) {
    let size = chunk.count
    let count = unsafe chunk.withUnsafeMutableBytes { bytes in unsafe read(descriptor, bytes.baseAddress, size) }
    guard count > 0 else { throw .interrupted(code: errno) }
    received.append(contentsOf: chunk[..<count])
  }

  /// Status, end of the head and length of the body; nil while the head is not complete.
  private static func head(of bytes: [UInt8]) -> (status: Int, end: Int, length: Int)? {
    var end = 3
    while end < bytes.count, !(bytes[end] == 10 && bytes[end - 1] == 13 && bytes[end - 2] == 10 && bytes[end - 3] == 13) { end += 1 }
    guard end < bytes.count else { return nil }
    var status = 0, length = 0
    for (number, line) in String(decoding: bytes[...end], as: UTF8.self).split(separator: "\r\n").enumerated() {
      if number == 0 {
        status = line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
      } else if line.lowercased().hasPrefix("content-length:") {
        length = Int(line.dropFirst(15).trimmingCharacters(in: .whitespaces)) ?? 0
      }
    }
    return (status, end + 1, length)
  }
}
