internal import Crypto
internal import Foundation
internal import NeedletailPoints

/// A signed statement of what its bearer may do (JSON Web Token, RFC 7519, signed with HMAC-SHA256), as Qdrant's.
///
/// Claims: `exp` and `nbf`, in seconds since 1970; `access`, which is `"r"` for reading everything, `"m"` or `"rw"` for
/// everything, or a list of `{"collection": NAME, "access": "r" | "rw"}`. A token without `access` may read everything.
struct AccessToken {
  let scope: AccessScope
  /// Whom the token was made for, if it says so.
  let subject: String?

  /// Seconds by which the clocks of signer and server may differ.
  private static let leeway = 30.0

  /// Nil if the token was not signed with the key, is not in force, or says what is not understood.
  init?(_ text: String, key: String, now: Date) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 3, let header = Self.object(parts[0]), header["alg"]?.string == "HS256",
      let signature = Self.bytes(parts[2]), let claims = Self.object(parts[1]),
      HMAC<SHA256>.isValidAuthenticationCode(signature, authenticating: Data("\(parts[0]).\(parts[1])".utf8), using: SymmetricKey(data: Data(key.utf8)))
    else { return nil }
    let seconds = now.timeIntervalSince1970
    if let end = claims["exp"] { guard let end = end.double, seconds <= end + Self.leeway else { return nil } }
    if let start = claims["nbf"] { guard let start = start.double, seconds >= start - Self.leeway else { return nil } }
    // Conditions that are not checked here must not be taken for fulfilled.
    guard claims["value_exists"]?.isNull ?? true, let scope = AccessScope(claims["access"]) else { return nil }
    self.scope = scope
    subject = claims["sub"]?.string
  }

  private static func object(_ part: String) -> [String: JSONNode]? {
    bytes(part).flatMap { try? JSONReader.read(Array($0)) }?.members
  }

  /// Base64 with the alphabet for addresses and without padding.
  private static func bytes(_ part: String) -> Data? {
    let standard = part.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
    return Data(base64Encoded: standard + String(repeating: "=", count: (4 - standard.utf8.count % 4) % 4))
  }
}

/// What the bearer of a token may do.
enum AccessScope: Hashable, Sendable {
  case everything
  case reading
  /// Whether points may be written, by the names of collections; others are out of bounds.
  case collections([String: Bool])

  /// The scope of the request that is being answered.
  @TaskLocal static var current = AccessScope.everything

  init?(_ claim: JSONNode?) {
    switch claim {
    case nil, .null?: self = .reading
    case .string("r")?: self = .reading
    case .string("m")?, .string("rw")?: self = .everything
    case .array(let entries)?:
      var rights: [String: Bool] = [:]
      for entry in entries {
        guard let name = entry.members?["collection"]?.string, let access = entry.members?["access"]?.string,
          ["r", "rw"].contains(access), entry.members?["payload"]?.isNull ?? true
        else { return nil }
        rights[name] = access == "rw" || rights[name] ?? false
      }
      self = .collections(rights)
    default: return nil
    }
  }

  /// Why a request is refused; nil if it may be answered.
  func refusal(ofPath segments: [String], isReading: Bool) -> String? {
    switch self {
    case .everything: return nil
    case .reading: return isReading ? nil : "Global manage access is required"
    case .collections(let rights):
      guard segments.first == "collections" else { return segments.isEmpty && isReading ? nil : "Global access is required" }
      guard segments.count > 1 else { return isReading ? nil : "Global manage access is required" }
      guard let isWriting = rights[segments[1]] else { return "Access to collection \(segments[1]) is required" }
      if isReading { return nil }
      guard segments.count > 2, ["points", "index"].contains(segments[2]) else { return "Global manage access is required" }
      return isWriting ? nil : "Write access to collection \(segments[1]) is required"
    }
  }

  /// Whether the contents of a collection may be seen.
  func sees(_ collection: String) -> Bool {
    if case .collections(let rights) = self { rights[collection] != nil } else { true }
  }
}
