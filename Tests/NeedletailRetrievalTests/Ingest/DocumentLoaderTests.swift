import Foundation
import NeedletailCore
import NeedletailRetrieval
import Testing

@Suite struct DocumentLoaderTests {
  @Test func readsFilesAndRecordsAndReportsWhatItCannot() async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("loader-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    func write(_ name: String, _ text: String) throws { try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/" + name)) }
    try write("a.txt", "first text")
    try write("b.jsonl", "{\"id\": \"x\", \"title\": \"Two\", \"text\": \"second\"}\n{\"id\": \"y\", \"text\": \"third\"}\n")
    try write("c.jsonl", "no JSON\n")
    try write("d.bin", "\u{0}\u{1}\u{2}")
    let loaded = try await DocumentLoader().load([folder, folder + "/a.txt"])
    #expect(loaded.documents.map(\.titleAndText) == ["first text", "Two. second", "third"])
    #expect(loaded.documents[0].title == "" && loaded.documents[0].id.hasSuffix("/a.txt"))
    #expect(loaded.documents[1].id.hasSuffix("/b.jsonl#x"))
    #expect(loaded.problems.map(\.isExpected).sorted { !$0 && $1 } == [false, true])
    try write("page.html", "<title>Of pages</title><p>fourth")
    try write("plain.html", "<p>fifth")
    let pages = try await DocumentLoader().load([folder + "/page.html", folder + "/plain.html"])
    #expect(pages.documents.map(\.titleAndText) == ["Of pages. fourth", "fifth"])
    await #expect(throws: RetrievalError.self) { try await DocumentLoader().load([folder + "/missing"]) }
  }
}
