#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// A failure of the file system, with the path it concerns.
public enum FileError: Error, Hashable, Sendable, CustomStringConvertible {
  case cannotOpen(path: String, code: Int32)
  case cannotWrite(path: String, code: Int32)
  /// The contents are not what the format promises.
  case malformed(path: String, offset: Int, reason: String)

  public var description: String {
    switch self {
    case .cannotOpen(let path, let code): "cannot open \(path): \(Self.reason(code))"
    case .cannotWrite(let path, let code): "cannot write \(path): \(Self.reason(code))"
    case .malformed(let path, let offset, let reason): "\(path) is damaged at byte \(offset): \(reason)"
    }
  }

  private static func reason(_ code: Int32) -> String { unsafe String(cString: strerror(code)) }
}
