import Foundation
import NeedletailCore
import NeedletailIndex
import NeedletailRetrieval
import Testing

@Suite struct SparseVectorLinesTests {
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sparse-\(UUID().uuidString)")

  private func file(_ text: String) throws -> String {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let path = folder.appendingPathComponent("lines.jsonl").path
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  @Test func termsByNameMakeAVocabulary() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let lines = try SparseVectorLines(path: file("""
      {"_id": "a", "text": "passed over", "vector": {"fish": 1.5, "pond": 2}}

      {"id": 7, "vector": {"pond": 0.25}}
      {"_id": "c", "vector": {}}
      """))
    #expect(lines.ids == ["a", "7", "c"] && lines.vocabulary?.terms == ["fish", "pond"])
    #expect(lines.vectors[0].weights == [1.5, 2] && lines.vectors[1].terms == [1] && lines.vectors[2].count == 0)
    let queries = try SparseVectorLines(path: file(#"{"_id": "q", "vector": {"pond": 1, "shark": 3}}"#), vocabulary: lines.vocabulary)
    #expect(queries.vectors[0].terms == [1] && queries.unknownCount == 1 && queries.vectors.dimension == 2)
  }

  @Test func termsByNumberNeedNone() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = try file(#"{"_id": "a", "vector": {"indices": [17, 2], "values": [1.2, 0.5]}}"#)
    let lines = try SparseVectorLines(path: path)
    #expect(lines.vocabulary == nil && lines.vectors.dimension == 18 && lines.vectors[0].terms == [2, 17])
    #expect(try SparseVectorLines(path: path, dimension: 10).vectors[0].terms == [2])
  }

  @Test(arguments: [
    "not JSON", #"{"vector": {"a": 1}}"#, #"{"_id": "a"}"#, #"{"_id": "a", "vector": {"a": "x"}}"#,
    #"{"_id": "a", "vector": {"indices": [1], "values": [1, 2]}}"#, #"{"_id": "a", "vector": {"indices": [1, 1], "values": [1, 2]}}"#,
    #"{"_id": "a", "vector": {"indices": [-1], "values": [1]}}"#, #"{"_id": "a", "vector": {"a": 1e300}}"#,
    "{\"_id\": \"a\", \"vector\": {\"a\": 1}}\n{\"_id\": \"b\", \"vector\": {\"indices\": [1], \"values\": [1]}}",
    "{\"_id\": \"a\", \"vector\": {\"a\": 1}}\n{\"_id\": \"a\", \"vector\": {\"b\": 1}}", #"{"_id": "a", "vector": {"a": NaN}}"#,
  ])
  func linesThatAreNoVectorsAreRefusedWithTheirPlace(_ text: String) throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = try file(text)
    let error = #expect(throws: UnreadableSparseVectors.self) { try SparseVectorLines(path: path) }
    #expect(error?.description.contains("\(path):\(text.split(separator: "\n").count)") == true)
  }

  @Test(arguments: [true, false])
  func aFolderAnswersAsItsVectorsDo(_ isExact: Bool) throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let text = (0..<200).map { row in
      #"{"_id": "d\#(row)", "vector": {"t\#(row % 10)": \#(1 + row / 10), "u\#(row % 7)": 2}}"#
    }
    let lines = try SparseVectorLines(path: file(text.joined(separator: "\n")))
    let made = try SparseVectorCollection(lines, parameters: isExact ? nil : ClusteredSparseParameters())
    let path = folder.appendingPathComponent("index").path
    try made.write(to: path)
    let opened = try SparseVectorCollection(path: path)
    let queries = try opened.queries(path: file(#"{"_id": "q", "vector": {"t3": 1}}"#))
    let answer = try opened.index.search(queries.vectors[0], SearchOptions(limit: 2))
    #expect(answer.map { opened.ids[Int($0.row)] } == ["d193", "d183"])

    try "[\"other\"]".write(toFile: path + "/ids.json", atomically: true, encoding: .utf8)
    #expect(throws: UnreadableSparseVectors.self) { try SparseVectorCollection(path: path) }
  }
}
