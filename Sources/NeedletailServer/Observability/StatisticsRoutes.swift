internal import HTTPTypes
internal import Hummingbird
internal import NeedletailPoints

/// What monitoring reads: `/metrics` in the text format of Prometheus, `/telemetry` as JSON.
struct StatisticsRoutes: Sendable {
  let statistics: RequestStatistics
  let points: PointService?

  func add(to router: Router<BasicRequestContext>) {
    router.get("/metrics") { _, _ in
      Response(status: .ok, headers: [.contentType: "text/plain; version=0.0.4"], body: .init(byteBuffer: ByteBuffer(string: metrics)))
    }
    router.get("/telemetry") { _, _ in Response.points(ByteBuffer(string: telemetry)) }
  }

  private var counts: [(name: String, points: Int)] { collections.map { ($0.name, $0.snapshot().count) } }

  private var collections: [PointCollection] {
    guard let library = try? points?.library() else { return [] }
    return library.names.compactMap { try? library.collection($0) }
  }

  private var metrics: String {
    func escaped(_ text: String) -> String { text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n") }
    let counts = counts
    var lines = [
      "# TYPE app_info gauge", "app_info{name=\"needletail\",version=\"\(PointInterface.version)\"} 1", "# TYPE collections_total gauge",
      "collections_total \(counts.count)", "# TYPE collection_points gauge",
    ]
    for (name, points) in counts { lines.append("collection_points{id=\"\(escaped(name))\"} \(points)") }
    lines.append("# TYPE collection_memory_bytes gauge")
    lazy var pages = MappedPages()
    let memories = collections.map { (name: escaped($0.name), memory: $0.memory(pages)) }
    for (name, memory) in memories {
      for (part, bytes) in memory.parts { lines.append("collection_memory_bytes{id=\"\(name)\",part=\"\(part)\"} \(bytes)") }
    }
    for (metric, value) in [("resident", \PointMemory.resident), ("mapped_resident", \.mappedResident)] as [(String, KeyPath<PointMemory, Int>)] {
      lines.append("# TYPE collection_memory_\(metric)_bytes gauge")
      for (name, memory) in memories { lines.append("collection_memory_\(metric)_bytes{id=\"\(name)\"} \(memory[keyPath: value])") }
    }
    lines.append("# TYPE collection_memory_budget_bytes gauge")
    for (name, memory) in memories { if let budget = memory.budget { lines.append("collection_memory_budget_bytes{id=\"\(name)\"} \(budget)") } }
    lines += ["# TYPE memory_resident_bytes gauge", "memory_resident_bytes \(ProcessMemory.residentBytes)"]
    let entries = statistics.all.sorted { ($0.key.endpoint, $0.key.method, $0.key.status) < ($1.key.endpoint, $1.key.method, $1.key.status) }
    lines.append("# TYPE rest_responses_total counter")
    func labels(_ key: RequestStatistics.Key) -> String { "method=\"\(key.method)\",endpoint=\"\(escaped(key.endpoint))\",status=\"\(key.status)\"" }
    for (key, entry) in entries { lines.append("rest_responses_total{\(labels(key))} \(entry.count)") }
    lines.append("# TYPE rest_responses_duration_seconds histogram")
    for (key, entry) in entries {
      for (bound, count) in zip(RequestStatistics.bounds, entry.buckets) {
        lines.append("rest_responses_duration_seconds_bucket{\(labels(key)),le=\"\(bound)\"} \(count)")
      }
      lines.append("rest_responses_duration_seconds_bucket{\(labels(key)),le=\"+Inf\"} \(entry.count)")
      lines.append("rest_responses_duration_seconds_sum{\(labels(key))} \(entry.seconds)")
      lines.append("rest_responses_duration_seconds_count{\(labels(key))} \(entry.count)")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private var telemetry: String {
    var writer = JSONWriter()
    let grouped = Dictionary(grouping: statistics.all) { "\($0.key.method) \($0.key.endpoint)" }
    let collections = counts.count
    writer.object { writer in
      writer.member("result") { writer in
        writer.object { writer in
          writer.member("id") { $0.string("needletail") }
          writer.member("app") { writer in
            writer.object { writer in
              writer.member("name") { $0.string("needletail") }
              writer.member("version") { $0.string(PointInterface.version) }
            }
          }
          writer.member("collections") { $0.object { $0.member("number_of_collections") { $0.integer(collections) } } }
          writer.member("cluster") { $0.object { $0.member("enabled") { $0.bool(false) } } }
          writer.member("requests") { writer in
            writer.object { writer in
              writer.member("rest") { $0.object { $0.member("responses") { responses(&$0, grouped) } } }
              writer.member("grpc") { $0.object { $0.member("responses") { $0.object { _ in } } } }
            }
          }
        }
      }
      writer.member("status") { $0.string("ok") }
      writer.member("time") { $0.double(0) }
    }
    return writer.text
  }

  private func responses(_ writer: inout JSONWriter, _ grouped: [String: [Dictionary<RequestStatistics.Key, RequestStatistics.Entry>.Element]]) {
    writer.object { writer in
      for (endpoint, entries) in grouped.sorted(by: { $0.key < $1.key }) {
        writer.member(endpoint) { writer in
          writer.object { writer in
            for (key, entry) in entries.sorted(by: { $0.key.status < $1.key.status }) {
              writer.member("\(key.status)") { writer in
                writer.object { writer in
                  writer.member("count") { $0.integer(entry.count) }
                  writer.member("avg_duration_micros") { $0.double(entry.seconds * 1_000_000 / Double(entry.count)) }
                }
              }
            }
          }
        }
      }
    }
  }
}
