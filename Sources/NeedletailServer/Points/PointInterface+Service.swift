internal import HTTPTypes
internal import NeedletailCore
internal import NeedletailPoints

extension PointInterface {
  /// The version of the interface that clients compare with theirs.
  static let version = "1.19.0"
  private static let commit = String(repeating: "0", count: 40)

  /// What supervisors and clients ask of the server as a whole.
  func serviceAnswer(_ call: PointCall) throws -> PointAnswer? {
    switch (call.method, call.segments) {
    case (.get, []):
      return .bare { writer in
        writer.object { writer in
          writer.member("title") { $0.string("qdrant - vector search engine (served by Needletail)") }
          writer.member("version") { $0.string(Self.version) }
          writer.member("commit") { $0.string(Self.commit) }
        }
      }
    case (.get, ["healthz"]), (.get, ["livez"]): return .text("healthz check passed")
    case (.get, ["readyz"]): return .text("all shards are ready")
    case (.get, ["issues"]): return .result { $0.object { $0.member("issues") { $0.array { _ in } } } }
    case (.delete, ["issues"]): return .done
    case (.get, ["quotas"]), (.put, ["quotas"]): return .result { $0.object { $0.member("enabled") { $0.bool(false) } } }
    case (.get, ["cluster"]): return .result { $0.object { $0.member("status") { $0.string("disabled") } } }
    case (_, let segments) where segments.first == "cluster" && segments.count > 1: throw PointError.badRequest("Qdrant is running in standalone mode")
    default: return nil
    }
  }
}
