internal import ArgumentParser
internal import Foundation
internal import NeedletailNumerics
internal import Synchronization

struct LoadBenchmarkCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "load",
    abstract: "Measure a running server: durable upserts, searches, and both at once.",
    discussion: """
      Makes a collection of seeded vectors on a server (needletail serve, or any that speaks Qdrant's interface), waits for
      its index, and searches over so many connections, first quietly and then while points are replaced. The collection is
      removed at the end unless --keep is given; --reuse takes one that an earlier run kept.
      """)

  @Option(help: ArgumentHelp("The server.", valueName: "HOST")) var host = "127.0.0.1"
  @Option(help: ArgumentHelp("Its port.", valueName: "PORT")) var port = 6333
  @Option(help: ArgumentHelp("Its key.", valueName: "KEY")) var apiKey: String?
  @Option(help: ArgumentHelp("The collection.", valueName: "NAME")) var collection = "needletail-bench"
  @Option(help: ArgumentHelp("Points.", valueName: "N")) var points = 200_000
  @Option(help: ArgumentHelp("Components of a vector.", valueName: "N")) var dimension = 384
  @Option(help: ArgumentHelp("Vectors to take (.fvecs, .npy, …) in place of seeded ones; one of a hundred is a query.", valueName: "FILE"), completion: .file())
  var vectors: String?
  @Option(help: ArgumentHelp("Points of an upsert.", valueName: "N")) var batch = 256
  @Option(help: ArgumentHelp("Connections that upsert.", valueName: "N")) var writers = 4
  @Option(help: ArgumentHelp("Connections that search, separated by commas.", valueName: "LIST")) var connections = "1,16,64"
  @Option(help: ArgumentHelp("Seconds for each measurement.", valueName: "N")) var seconds = 10.0
  @Option(help: ArgumentHelp("Results of a search.", valueName: "N")) var limit = 10
  @Option(help: ArgumentHelp("The effort of a search; the server's if not given.", valueName: "N")) var effort: Int?
  @Option(help: ArgumentHelp("Decides everything random.", valueName: "N")) var seed: UInt64 = 42
  @Flag(help: "Leave the collection on the server.") var keep = false
  @Flag(help: "Take the collection that is there.") var reuse = false
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard points > 0, dimension > 0, batch > 0, writers > 0, seconds > 0, limit > 0 else { throw ValidationError("The numbers are positive.") }
    guard !counts.isEmpty, counts.allSatisfy({ (1...4096).contains($0) }) else { throw ValidationError("--connections are numbers from 1 to 4096.") }
  }

  private var counts: [Int] { connections.split(separator: ",").compactMap { Int($0.trimmingCharacters(in: .whitespaces)) } }

  private struct Report: Encodable {
    var points, dimension: Int
    var pointsPerSecond: Double?
    var secondsToIndex: Double?
    var recall: Double?
    var quiet: [LoadMeasurement] = []
    var duringUpserts: [LoadMeasurement] = []
    var pointsPerSecondMeanwhile: [Double] = []
  }

  func run() async throws {
    let vectors = try vectors.map { try LoadVectors(path: $0) } ?? LoadVectors(dimension: dimension, seed: seed)
    let points = min(points, vectors.count ?? points)
    var report = Report(points: points, dimension: vectors.dimension)
    let control = try HTTPConnection(host: host, port: port)
    if !reuse {
      _ = try control.send(request("DELETE", "", ""))
      let made = try control.send(request("PUT", "", #"{"vectors":{"size":\#(vectors.dimension),"distance":"Cosine"}}"#))
      guard made.status == 200 else { throw HTTPConnection.Failure.refused(String(decoding: made.body, as: UTF8.self)) }
      let upserts = try fill(vectors, points)
      report.pointsPerSecond = Double(points) / upserts.seconds
    }
    report.secondsToIndex = try waitForIndex(control)
    let queries = (0..<4096).map { search(vectors.vector(LoadVectors.firstQuery + $0), isExact: false) }
    report.recall = try recall(control, vectors)
    for count in counts {
      report.quiet.append(try measure(count, queries))
    }
    for count in counts {
      let (searches, upserts) = try measureDuringUpserts(count, queries, vectors, points)
      report.duringUpserts.append(searches)
      report.pointsPerSecondMeanwhile.append(upserts.requestsPerSecond * Double(batch))
    }
    if !keep { _ = try control.send(request("DELETE", "", "")) }
    if output.json { try JSONOutput.write(report) } else { show(report) }
  }

  // MARK: requests

  private func request(_ method: String, _ path: String, _ body: String) -> [UInt8] { request(method, path, Array(body.utf8)) }

  private func request(_ method: String, _ path: String, _ body: [UInt8]) -> [UInt8] {
    HTTPConnection.request(method, "/collections/\(collection)\(path)", host: "\(host):\(port)", key: apiKey, body: body)
  }

  private func search(_ vector: [Float], isExact: Bool) -> [UInt8] {
    var body = Array(#"{"query":"#.utf8)
    LoadVectors.append(vector, to: &body)
    let parameters = isExact ? #","params":{"exact":true}"# : effort.map { #","params":{"hnsw_ef":\#($0)}"# } ?? ""
    body += Array(#","limit":\#(limit)\#(parameters)}"#.utf8)
    return request("POST", "/points/query", body)
  }

  private func upsert(_ numbers: some Sequence<Int>, _ vectors: LoadVectors, variant: Int = 0) -> [UInt8] {
    var body = Array(#"{"points":["#.utf8)
    for (place, number) in numbers.enumerated() {
      if place > 0 { body.append(UInt8(ascii: ",")) }
      body += Array(#"{"id":\#(number),"payload":{"n":\#(number % 1000)},"vector":"#.utf8)
      LoadVectors.append(vectors.vector(number + variant), to: &body)
      body.append(UInt8(ascii: "}"))
    }
    body += Array("]}".utf8)
    return request("PUT", "/points?wait=true", body)
  }

  // MARK: measurements

  /// Requests are made before the clock starts, up to a gigabyte of them: who makes them takes the processor from who answers.
  private static let largestPreparation = 1 << 30

  private func prepared(_ count: Int, _ make: @Sendable (Int) -> [UInt8]) -> [[UInt8]] {
    WorkerPool.shared.map(count, tasksOf: 1) { $0.map(make) }
  }

  private func fill(_ vectors: LoadVectors, _ points: Int) throws -> LoadMeasurement {
    let batches = (points + batch - 1) / batch
    let make: @Sendable (Int) -> [UInt8] = { number in upsert(number * batch..<min(points, (number + 1) * batch), vectors) }
    let ready = prepared(min(batches, Self.largestPreparation / max(1, make(0).count)), make)
    let measurement = try LoadMeasurement.run(connections: writers, host: host, port: port, seconds: .infinity) { writer, turn in
      let number = turn * writers + writer
      guard number < batches else { return nil }
      return number < ready.count ? ready[number] : make(number)
    }
    guard measurement.failures == 0 else { throw HTTPConnection.Failure.refused("\(measurement.failures) upserts failed") }
    return measurement
  }

  private func measure(_ count: Int, _ queries: [[UInt8]]) throws -> LoadMeasurement {
    try LoadMeasurement.run(connections: count, host: host, port: port, seconds: seconds) { connection, turn in
      queries[(connection * 997 + turn) % queries.count]
    }
  }

  /// Searches while one connection replaces points, again and again.
  private func measureDuringUpserts(
    _ count: Int, _ queries: [[UInt8]], _ vectors: LoadVectors, _ points: Int
  ) throws -> (searches: LoadMeasurement, upserts: LoadMeasurement) {
    let isDone = Mutex(false)
    // Enough to come round slowly; the same vectors again are changes all the same.
    let replacements = prepared(min(128, max(1, points / batch))) { turn in
      let first = turn * batch % points
      return upsert(first..<min(points, first + batch), vectors, variant: 1 << 20)
    }
    let written = Mutex<Result<LoadMeasurement, any Error>?>(nil)
    let group = DispatchGroup()
    group.enter()
    Thread.detachNewThread {
      let result = Result {
        try LoadMeasurement.run(connections: 1, host: host, port: port, seconds: .infinity) { _, turn in
          guard !isDone.withLock(\.self) else { return nil }
          return replacements[turn % replacements.count]
        }
      }
      written.withLock { $0 = result }
      group.leave()
    }
    let searches = Result { try measure(count, queries) }
    isDone.withLock { $0 = true }
    group.wait()
    guard let upserts = written.withLock(\.self) else { preconditionFailure("the writer has ended") }
    return (try searches.get(), try upserts.get())
  }

  /// Seconds until the server says that nothing is left to be indexed.
  private func waitForIndex(_ control: HTTPConnection) throws -> Double {
    let start = ContinuousClock.now
    while true {
      let reply = try control.send(request("GET", "", ""))
      guard reply.status == 200 else { throw HTTPConnection.Failure.refused("there is no collection \(collection)") }
      let isReady = String(decoding: reply.body, as: UTF8.self).contains(#""status":"green""#)
      if isReady { return (ContinuousClock.now - start) / .seconds(1) }
      Thread.sleep(forTimeInterval: 0.2)
    }
  }

  /// The part of the true nearest that searches find.
  private func recall(_ control: HTTPConnection, _ vectors: LoadVectors) throws -> Double {
    struct Reply: Decodable {
      struct Result: Decodable { let points: [Point] }
      struct Point: Decodable { let id: Int }
      let result: Result
    }
    var found = 0, wanted = 0
    for number in 0..<100 {
      let answers = try [true, false].map { isExact in
        let reply = try control.send(search(vectors.vector(LoadVectors.firstQuery + 4_096 + number), isExact: isExact))
        return Set(try JSONDecoder().decode(Reply.self, from: Data(reply.body)).result.points.map(\.id))
      }
      wanted += answers[0].count
      found += answers[0].intersection(answers[1]).count
    }
    return wanted == 0 ? 1 : Double(found) / Double(wanted)
  }

  private func show(_ report: Report) {
    if let speed = report.pointsPerSecond {
      Terminal.standardOutput.write("\(Units.count(report.points)) points of \(dimension): \(Units.count(Int(speed))) durable points/s in batches of \(batch)\n")
    }
    Terminal.standardOutput.write("indexed after \(Units.fixed(report.secondsToIndex ?? 0, 1)) s, recall@\(limit) \(Units.fixed(report.recall ?? 0, 4))\n\n")
    var table = Table([("Connections", .right), ("Meanwhile", .left), ("Searches/s", .right), ("p50 ms", .right), ("p99 ms", .right), ("Failed", .right)])
    func add(_ measurement: LoadMeasurement, _ meanwhile: String) {
      table.add([
        String(measurement.connections), meanwhile, Units.count(Int(measurement.requestsPerSecond)), Units.fixed(measurement.p50, 2),
        Units.fixed(measurement.p99, 2), String(measurement.failures),
      ])
    }
    for measurement in report.quiet { add(measurement, "nothing") }
    for (measurement, speed) in zip(report.duringUpserts, report.pointsPerSecondMeanwhile) { add(measurement, "\(Units.count(Int(speed))) points/s replaced") }
    Terminal.standardOutput.write(table.rendered(for: .standardOutput))
  }
}
