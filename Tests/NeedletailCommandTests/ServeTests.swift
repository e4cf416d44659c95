import Foundation
import Testing

/// What operators do with a server: stop it, secure it, tell it things in a file.
@Suite struct ServeTests {
  private static let collection = #"{"vectors":{"size":2,"distance":"Dot"}}"#
  private static let points = #"{"points":[{"id":1,"vector":[1,2]}]}"#

  /// What is under way when the server is stopped is answered; what comes then is refused, and the server says that it is not ready.
  @Test func finishesWhatIsUnderWayWhenItIsStopped() throws {
    let product = try Product()
    let server = try RunningServer(product, ["--drain-seconds", "2"])
    #expect(try server.request("PUT", "/collections/c", Self.collection).status == 200)
    let slow = try #require(Connection(port: server.port))
    let other = try #require(Connection(port: server.port))
    let late = try #require(Connection(port: server.port))
    other.send(Connection.head("GET", "/readyz", length: 0))
    #expect(other.reply()?.status == 200)
    slow.send(Connection.head("PUT", "/collections/c/points?wait=true", length: Self.points.utf8.count) + Self.points.prefix(10))
    // That the head of the slow request arrived is seen by nobody outside; the one after it was answered on another connection.
    #expect(try server.request("GET", "/collections/c").status == 200)
    Thread.sleep(forTimeInterval: 0.3)
    server.process.terminate()
    var status = 200
    for _ in 0..<100 where status == 200 {
      Thread.sleep(forTimeInterval: 0.02)
      other.send(Connection.head("GET", "/readyz", length: 0))
      status = other.reply()?.status ?? 0
    }
    #expect(status == 503)
    late.send(Connection.head("PUT", "/collections/d", length: Self.collection.utf8.count) + Self.collection)
    #expect(late.reply()?.status == 503)
    slow.send(String(Self.points.dropFirst(10)))
    #expect(slow.reply()?.status == 200)
    server.process.waitUntilExit()
    #expect(server.process.terminationStatus == 0, "\(server.errorText)")
    #expect(Connection(port: server.port) == nil)

    let again = try RunningServer(product)
    #expect(try again.request("GET", "/collections/c/points/1").status == 200)
    #expect(try again.request("GET", "/collections/d").status == 404)
    #expect(again.stop() == 0)
  }

  /// Whoever goes away in the middle of a request is not an error of the server, and the others do not notice.
  @Test func aClientThatGoesAwayIsNoError() throws {
    let server = try RunningServer(try Product())
    #expect(try server.request("PUT", "/collections/c", Self.collection).status == 200)
    for (method, path) in [("PUT", "/collections/c/points?wait=true"), ("POST", "/v1/embeddings"), ("POST", "/mcp")] {
      var connection = Connection(port: server.port)
      connection?.send(Connection.head(method, path, length: 100_000) + #"{"points":["#)
      Thread.sleep(forTimeInterval: 0.1)
      connection = nil
    }
    for _ in 0..<5 {
      #expect(try server.request("GET", "/collections/c").status == 200)
      Thread.sleep(forTimeInterval: 0.05)
    }
    #expect(server.stop() == 0)
    #expect(!server.errorText.contains("error"), "\(server.errorText)")
  }

  @Test func settingsComeFromFlagsVariablesAndAFileInThisOrder() throws {
    let product = try Product()
    let file = try product.write("serve.json5", "{ // what an operator writes\n apiKey: 'from-file', drainSeconds: 0, auditLog: '\(product.folder.path)/audit.jsonl' }")
    let server = try RunningServer(product, ["--config", file])
    #expect(try server.request("GET", "/collections").status == 401)
    #expect(server.stop() == 0)
    #expect(try String(contentsOfFile: product.folder.path + "/audit.jsonl", encoding: .utf8).contains("\"refused\""))

    for (text, reason) in [
      ("{ prot: 1 }", "there is no setting prot"), ("{ port: 'x' }", "has to be a whole number"), ("{ port: 1, port: 2 }", "given twice"), ("[", "no object"),
      ("{ certificate: '/nowhere/c.pem' }", "both --certificate and --private-key"),
      ("{ certificate: '/nowhere/c.pem', privateKey: '/nowhere/k.pem' }", "/nowhere/c.pem"),
    ] {
      let outcome = try product.run("serve", "--port", "0", "--config", try product.write("bad.json5", text))
      #expect(outcome.code != 0 && outcome.errors.contains(reason), "\(text): \(outcome.errors)")
    }
  }

  /// A certificate made for the test, and what `curl` thinks of it.
  @Test func speaksTLS() throws {
    let product = try Product()
    let folder = product.folder.path
    func run(_ program: String, _ arguments: [String]) -> (code: Int32, output: String)? {
      let process = Process()
      let output = Pipe()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments = [program] + arguments
      process.standardOutput = output
      process.standardError = FileHandle.nullDevice
      guard (try? process.run()) != nil else { return nil }
      let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      return (process.terminationStatus, text)
    }
    let request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    for name in ["a", "b"] {
      let made = run("openssl", request + ["-keyout", "\(folder)/\(name).key", "-out", "\(folder)/\(name).pem"])
      guard made?.code == 0, run("curl", ["--version"])?.code == 0 else {
        print("skipped: this test needs openssl and curl")
        return
      }
    }
    let server = try RunningServer(product, ["--certificate", "\(folder)/a.pem", "--private-key", "\(folder)/a.key"])
    let trusted = run("curl", ["-s", "--cacert", "\(folder)/a.pem", "https://localhost:\(server.port)/livez"])
    #expect(trusted?.code == 0 && trusted?.output.contains("passed") == true)
    #expect(run("curl", ["-s", "--cacert", "\(folder)/b.pem", "https://localhost:\(server.port)/livez"])?.code == 60)
    #expect(run("curl", ["-s", "--cacert", "\(folder)/a.pem", "--tls-max", "1.1", "https://localhost:\(server.port)/livez"])?.code != 0)
    #expect(run("curl", ["-s", "http://localhost:\(server.port)/livez"])?.code != 0)
    #expect(server.stop() == 0)
    let mixed = try product.run("serve", "--port", "0", "--certificate", "\(folder)/a.pem", "--private-key", "\(folder)/b.key")
    #expect(mixed.code != 0 && mixed.errors.contains("does not belong to the key"), "\(mixed.errors)")
  }

  @Test func putsBackAWholeStorageBeforeItServes() throws {
    let product = try Product()
    let server = try RunningServer(product)
    #expect(try server.request("PUT", "/collections/c", Self.collection).status == 200)
    #expect(try server.request("PUT", "/collections/c/points", Self.points).status == 200)
    #expect(try server.request("POST", "/snapshots").status == 200)
    #expect(server.stop() == 0)
    let folder = product.folder.path + "/data/points/snapshots"
    let name = try #require(try FileManager.default.contentsOfDirectory(atPath: folder).first { $0.hasPrefix("full-snapshot-") })
    let restored = try RunningServer(product, ["--storage-snapshot", "\(folder)/\(name)"], data: product.folder.path + "/other")
    #expect(try restored.request("GET", "/collections/c/points/1").status == 200)
    #expect(restored.stop() == 0)
    let refused = try product.run("serve", "--port", "0", "--storage-snapshot", "\(folder)/\(name)")
    #expect(refused.code != 0 && refused.errors.contains("already exists"), "\(refused.errors)")
  }

  /// Programs that know nothing of Needletail: LangChain's and LlamaIndex's stores for Qdrant, as they are.
  @Test func servesTheStoresOfLangChainAndLlamaIndex() throws {
    let python = ProcessInfo.processInfo.environment["NEEDLETAIL_PYTHON"] ?? "python3"
    func run(_ arguments: [String]) throws -> (code: Int32, output: String) {
      let process = Process()
      let output = Pipe()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments = [python] + arguments
      process.standardOutput = output
      process.standardError = output
      try process.run()
      let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      return (process.terminationStatus, text)
    }
    guard try run(["-c", "import langchain_qdrant, llama_index.vector_stores.qdrant"]).code == 0 else {
      print("skipped: \(python) lacks langchain-qdrant or llama-index-vector-stores-qdrant; NEEDLETAIL_PYTHON may name one that has them")
      return
    }
    let product = try Product()
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../Conformance/stores.py").standardizedFileURL.path
    let outcome = try run([script, "--server", product.process([]).executableURL?.path ?? "", "--port", "\(20_000 + Int.random(in: 0..<20_000))"])
    #expect(outcome.code == 0, "\(outcome.output.suffix(2_000))")
  }
}

#if os(Linux)
  /// The server on disks that take no more.
  @Suite struct ServerDiskTests {
    @Test(.enabled(if: SmallDisk.isPossible, "mounting a small file system needs the superuser"))
    func readsOnAndStartsWhereTheDiskIsFull() throws {
      let disk = try #require(SmallDisk(megabytes: 4))
      let product = try Product()
      var server = try RunningServer(product, data: disk.path)
      #expect(try server.request("PUT", "/collections/c", #"{"vectors":{"size":2,"distance":"Dot"}}"#).status == 200)
      let filler = String(repeating: "needle and hay ", count: 2_000)
      var stored = 0
      var refusal: (status: Int, text: String)?
      while stored < 1_000, refusal == nil {
        let reply = try server.request("PUT", "/collections/c/points?wait=true", #"{"points":[{"id":\#(stored),"vector":[1,2],"payload":{"text":"\#(filler)"}}]}"#)
        if reply.status == 200 { stored += 1 } else { refusal = reply }
      }
      #expect(refusal?.status == 507, "\(refusal?.text ?? "the disk never filled")")
      #expect(stored > 0)
      func check(_ server: RunningServer) throws {
        #expect(try server.request("GET", "/collections/c/points/0").status == 200)
        #expect(try server.request("POST", "/collections/c/points/count", "{}").text.contains("\"count\":\(stored)"))
        #expect(try server.request("POST", "/collections/c/points/query", #"{"query":[1,2],"limit":1}"#).status == 200)
      }
      try check(server)
      #expect(try server.request("POST", "/collections/c/snapshots").status >= 500)
      #expect(server.stop() == 0)
      server = try RunningServer(product, data: disk.path)
      try check(server)
      try #require(disk.grow(to: 64))
      #expect(try server.request("PUT", "/collections/c/points?wait=true", #"{"points":[{"id":999999,"vector":[1,2]}]}"#).status == 200)
      #expect(server.stop() == 0)
    }

    @Test(.enabled(if: SmallDisk.isPossible, "mounting a small file system needs the superuser"))
    func readsOnAndStartsWhereNothingMayBeWritten() throws {
      let disk = try #require(SmallDisk(megabytes: 16))
      let product = try Product()
      var server = try RunningServer(product, data: disk.path)
      #expect(try server.request("PUT", "/collections/c", #"{"vectors":{"size":2,"distance":"Dot"}}"#).status == 200)
      #expect(try server.request("PUT", "/collections/c/points?wait=true", #"{"points":[{"id":1,"vector":[1,2]}]}"#).status == 200)
      #expect(server.stop() == 0)
      try #require(disk.refuseWrites())
      server = try RunningServer(product, data: disk.path)
      #expect(try server.request("GET", "/livez").status == 200)
      #expect(try server.request("GET", "/collections/c/points/1").status == 200)
      #expect(try server.request("POST", "/collections/c/points/query", #"{"query":[1,2],"limit":1}"#).status == 200)
      let refusal = try server.request("PUT", "/collections/c/points?wait=true", #"{"points":[{"id":2,"vector":[1,2]}]}"#)
      #expect(refusal.status == 503 && refusal.text.contains("read"), "\(refusal)")
      #expect(try server.request("PUT", "/collections/d", #"{"vectors":{"size":2,"distance":"Dot"}}"#).status >= 500)
      #expect(try server.request("GET", "/collections/c/points/1").status == 200)
      #expect(server.stop() == 0)
    }
  }
#endif
