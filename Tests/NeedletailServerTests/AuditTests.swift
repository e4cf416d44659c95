import Crypto
import Foundation
import HTTPTypes
import NeedletailPoints
import NeedletailServer
import Testing

@Suite struct AuditTests {
  private func lines(_ path: String) throws -> [JSONNode] {
    try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map { try JSONReader.read(String($0)) }
  }

  @Test func notesChangesAndRefusalsButNoReadsAndNoBodies() async throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("needletail-audit-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let start = Date()
    var options = SiteOptions(keys: AccessKeys(full: "secret", reading: "look"))
    options.audit = try AuditLog(path: path)
    let site = try PointTester(options: options)
    let key = HTTPField.Name("api-key")!
    #expect(try await site.call(.put, "/collections/c", #"{"vectors":{"size":2,"distance":"Dot"}}"#, headers: [key: "secret"]).status == 200)
    #expect(try await site.call(.put, "/collections/c/points", #"{"points":[{"id":1,"vector":[1,2],"payload":{"diary":"private"}}]}"#, headers: [key: "look"]).status == 403)
    #expect(try await site.call(.get, "/collections/c").status == 401)
    #expect(try await site.call(.get, "/collections/c", headers: [key: "look"]).status == 200)
    #expect(try await site.call(.post, "/collections/c/points/query", "{}", headers: [key: "look"]).status == 200)
    #expect(try await site.call(.put, "/collections/c", "{}", headers: [key: "secret"]).status == 409)
    let noted = try lines(path)
    #expect(noted.map { $0["who"] } == [.string("key"), .string("read-only key"), .string("anonymous"), .string("key")])
    #expect(noted.map { $0["status"] } == [.integer(200), .integer(403), .integer(401), .integer(409)])
    #expect(noted.map { $0["outcome"] } == [.string("done"), .string("refused"), .string("refused"), .string("failed")])
    #expect(noted.map { $0["path"] }.last == .string("/collections/c"))
    let text = try String(contentsOfFile: path, encoding: .utf8)
    #expect(!text.contains("private") && !text.contains("secret"))
    let time = try #require(noted[0]["time"].string)
    // written to the millisecond
    let written = try Date(time, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    #expect(written > start - 0.001 && written <= Date())
    #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
  }

  @Test func doesNotServeUnaudited() {
    #expect(throws: ServerError.self) { try AuditLog(path: "/nowhere/at/all") }
  }
}
