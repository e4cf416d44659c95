import Foundation
import Testing

/// Models that are learned from a person's own documents, by command.
@Suite struct ShallowCommandTests {
  private struct Learned: Decodable {
    let documents, dimension: Int
  }

  private struct Response: Decodable {
    struct Answer: Decodable { let document: String }
    let answers: [Answer]
  }

  private struct Classified: Decodable {
    struct Document: Decodable { let document, topic: String }
    let documents: [Document]
  }

  /// Records about music and about space, by turns.
  private func records() throws -> (product: Product, path: String) {
    let product = try Product()
    let words = [["guitar", "melody", "concert", "singer", "violin"], ["orbit", "rocket", "planet", "comet", "lunar"]]
    let lines = (0..<120).map { number in
      let text = (0..<20).map { words[number % 2][($0 * 7 + number / 2 * 3 + $0 * number / 2) % 5] }.joined(separator: " ")
      return "{\"id\": \"\(number)\", \"title\": \"number \(number % 2)\", \"text\": \"\(text)\"}"
    }
    return (product, try product.write("records.jsonl", lines.joined(separator: "\n")))
  }

  @Test(arguments: ["paragraph-vectors", "word-vectors", "word-senses"])
  func aLearnedModelServesAnIndex(kind: String) throws {
    let (product, path) = try records()
    let learning = try product.run("model", "learn", path, "--kind", kind, "--out", "mine", "--dimension", "16", "--sample", "0", "--json")
    #expect(learning.code == 0, "\(learning.errors)")
    #expect(try learning.json(Learned.self).documents == 120)
    #expect(try product.run("model", "learn", path, "--out", "mine").code == 75, "the name is taken")
    let indexing = try product.run("index", path, "--model", "mine")
    #expect(indexing.code == 0, "\(indexing.errors)")
    let response = try product.run("search", "planet comet rocket", "--mode", "dense", "--top", "5", "--json").json(Response.self)
    #expect(response.answers.count == 5)
    #expect(response.answers.allSatisfy { Int($0.document.split(separator: "#").last ?? "").map { $0 % 2 } == 1 })
    let neighbours = try product.run("model", "neighbours", "mine", "guitar", "--in", "melody concert")
    #expect(neighbours.code == 0 && neighbours.output.contains("melody"), "\(neighbours.output)\(neighbours.errors)")
    #expect(try product.run("model", "neighbours", "mine", "unheard").code == 66)
  }

  @Test func documentsAreSortedByKeywords() throws {
    let (product, path) = try records()
    let labels = try product.write("labels.json", "{\"music\": [\"guitar\", \"violin\"], \"space\": [\"orbit\", \"comet\"]}")
    let outcome = try product.run(
      "classify", path, "--labels", labels, "--minimum-documents", "10", "--dimension", "16", "--sample", "0", "--json")
    #expect(outcome.code == 0, "\(outcome.errors)")
    let documents = try outcome.json(Classified.self).documents
    let right = documents.filter { document in
      Int(document.document.split(separator: "#").last ?? "").map { ["music", "space"][$0 % 2] } == document.topic
    }
    #expect(documents.count == 120 && right.count >= 115)
    try product.write("labels.json", "[1, 2")
    #expect(try product.run("classify", path, "--labels", labels).code == 64)
  }
}
