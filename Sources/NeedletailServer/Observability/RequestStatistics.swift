internal import HTTPTypes
internal import Hummingbird
internal import NeedletailPoints
internal import Synchronization

/// Counts requests by method, address and status, for `/metrics` and `/telemetry`.
final class RequestStatistics: Sendable {
  struct Key: Hashable {
    var method: String
    var endpoint: String
    var status: Int
  }

  struct Entry {
    var count = 0
    var seconds = 0.0
    /// Requests at most as long as each of `bounds`.
    var buckets = [Int](repeating: 0, count: RequestStatistics.bounds.count)
  }

  /// Upper bounds of the durations that are counted, in seconds.
  static let bounds = [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10]
  /// Hostile requests may name any number of addresses.
  private static let largestCount = 1_000

  private let entries = Mutex<[Key: Entry]>([:])

  var all: [Key: Entry] { entries.withLock { $0 } }

  func note(_ method: HTTPRequest.Method, _ path: String, status: Int, seconds: Double) {
    let key = Key(method: method.rawValue, endpoint: Self.endpoint(path), status: status)
    entries.withLock { entries in
      guard entries.count < Self.largestCount || entries[key] != nil else { return }
      func add(to entry: inout Entry) {
        entry.count += 1
        entry.seconds += seconds
        for (number, bound) in Self.bounds.enumerated() where seconds <= bound { entry.buckets[number] += 1 }
      }
      add(to: &entries[key, default: Entry()])
    }
  }

  /// Fourth segments that are no names.
  private static let verbs: Set<String> = [
    "scroll", "count", "query", "search", "recommend", "discover", "delete", "payload", "vectors", "batch", "recover", "upload",
  ]
  /// What stands for a name as the fourth segment, by the third.
  private static let placeholders = [
    "points": "{id}", "index": "{field_name}", "snapshots": "{snapshot_name}", "vectors": "{vector_name}", "shards": "{shard_id}",
  ]

  /// The address with placeholders for names, so that there are few.
  static func endpoint(_ path: String) -> String {
    var segments = path.split(separator: "/").map(String.init)
    guard segments.first == "collections" else { return segments.count > 2 ? "/\(segments[0])/{…}" : "/" + segments.joined(separator: "/") }
    if segments.count > 1, segments != ["collections", "aliases"] { segments[1] = "{collection_name}" }
    guard segments.count > 3 else { return "/" + segments.joined(separator: "/") }
    if !verbs.contains(segments[3]) { segments[3] = placeholders[segments[2]] ?? "{…}" }
    return "/" + segments.prefix(6).joined(separator: "/")
  }
}

/// Notes each request.
struct StatisticsMiddleware<Context: RequestContext>: RouterMiddleware {
  let statistics: RequestStatistics

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    let start = ContinuousClock.now
    let response = try await next(request, context)
    statistics.note(request.method, request.uri.path, status: response.status.code, seconds: (ContinuousClock.now - start) / .seconds(1))
    return response
  }
}
