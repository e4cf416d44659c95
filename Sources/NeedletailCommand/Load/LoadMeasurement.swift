internal import Foundation
internal import Synchronization

/// How long requests took that several connections sent one after the other.
struct LoadMeasurement: Encodable, Sendable {
  let connections: Int
  let requests: Int
  let failures: Int
  let seconds: Double
  let requestsPerSecond: Double
  /// Milliseconds within which so many of a hundred requests were answered.
  let p50: Double
  let p99: Double

  init(connections: Int, latencies: [Double], failures: Int, seconds: Double) {
    self.connections = connections
    self.failures = failures
    self.seconds = seconds
    requests = latencies.count
    requestsPerSecond = Double(latencies.count) / seconds
    let sorted = latencies.sorted()
    func percentile(_ part: Double) -> Double { sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))] * 1_000 }
    p50 = percentile(0.5)
    p99 = percentile(0.99)
  }

  /// Sends requests on so many connections until the time is up or `next` has no more.
  ///
  /// - Parameter next: the request of a connection at its turn.
  static func run(
    connections: Int, host: String, port: Int, seconds: Double, next: @escaping @Sendable (_ connection: Int, _ turn: Int) -> [UInt8]?
  ) throws -> LoadMeasurement {
    struct Outcome: Sendable { var latencies: [Double] = [], failures = 0, error: HTTPConnection.Failure? }
    let outcomes = Mutex([Outcome](repeating: Outcome(), count: connections))
    let start = ContinuousClock.now
    let group = DispatchGroup()
    for number in 0..<connections {
      group.enter()
      let thread = Thread {
        var outcome = Outcome()
        do throws(HTTPConnection.Failure) {
          let connection = try HTTPConnection(host: host, port: port)
          var turn = 0
          while (ContinuousClock.now - start) / .seconds(1) < seconds, let request = next(number, turn) {
            let begin = ContinuousClock.now
            let reply = try connection.send(request)
            outcome.latencies.append((ContinuousClock.now - begin) / .seconds(1))
            if reply.status != 200 { outcome.failures += 1 }
            turn += 1
          }
        } catch {
          outcome.error = error
        }
        let result = outcome
        outcomes.withLock { $0[number] = result }
        group.leave()
      }
      thread.start()
    }
    group.wait()
    let elapsed = (ContinuousClock.now - start) / .seconds(1)
    let all = outcomes.withLock { $0 }
    if let error = all.lazy.compactMap(\.error).first { throw error }
    return LoadMeasurement(
      connections: connections, latencies: all.flatMap(\.latencies), failures: all.reduce(0) { $0 + $1.failures }, seconds: elapsed)
  }
}
