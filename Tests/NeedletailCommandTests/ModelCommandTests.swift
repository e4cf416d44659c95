import Foundation
import Testing

/// Models of every kind from the command line; the tiny ones of the tests of the models.
@Suite struct ModelCommandTests {
  private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path
    + "/NeedletailModelsTests/Fixtures"

  private struct Model: Decodable {
    let name, kind: String
  }

  @Test func modelsOfEveryKindAreListedAndUsedForWhatTheyAre() throws {
    let product = try Product()
    for (path, name) in [("rerankers/bert", "judge"), ("sparse/bert", "splade"), ("architectures/roberta", "plain")] {
      let added = try product.run("model", "add", Self.fixtures + "/" + path, "--name", name, "--json")
      #expect(added.code == 0, "\(added.errors)")
    }
    let models = try product.run("model", "list", "--json").json([Model].self)
    #expect(models.map(\.name) == ["judge", "plain", "splade"] && models.map(\.kind) == ["cross-encoder", "embedder", "sparse"])
    try product.write("notes/needle.txt", "A needle in the hay.\n")
    try product.write("notes/fox.txt", "The quick fox in the hay.\n")
    #expect(try product.run("index", product.folder.path + "/notes", "--lexical-only").code == 0)
    let reranked = try product.run("search", "hay", "--rerank", "judge", "--json")
    #expect(reranked.code == 0, "\(reranked.errors)")
    let wrong = try product.run("search", "hay", "--rerank", "splade")
    #expect(wrong.code != 0 && wrong.errors.contains("sparse encode"))
  }

  @Test func textsBecomeAnIndexOfTermWeights() throws {
    struct Report: Decodable {
      struct Answer: Decodable {
        struct Row: Decodable { let id: String }
        let query: String
        let rows: [Row]
      }
      let answers: [Answer]
    }
    let product = try Product()
    let model = Self.fixtures + "/sparse/bert"
    let texts = ["needle in a haystack", "find the quick fox", "hello, world!"]
    let lines = texts.enumerated().map { "{\"_id\":\"d\($0)\",\"text\":\"\($1)\"}\n" }.joined()
    let corpus = try product.write("corpus.jsonl", lines)
    let (vectors, index) = (product.folder.path + "/vectors.jsonl", product.folder.path + "/index")
    for arguments in [["encode", model, corpus, vectors, "--precision", "float32"], ["build", vectors, index, "--exact"]] {
      let outcome = try product.run(["sparse"] + arguments)
      #expect(outcome.code == 0, "\(outcome.errors)")
    }
    let found = try product.run("sparse", "search", index, vectors, "--top", "1", "--exact", "--json").json(Report.self)
    #expect(found.answers.map(\.query) == ["d0", "d1", "d2"])
    // a random network: what matters is that the file says what the search reads
    #expect(found.answers.allSatisfy { $0.rows.count == 1 })
  }

  @Test func aTextIsContinued() throws {
    struct Report: Decodable {
      let text: String
      let promptTokens, newTokens: Int
    }
    let product = try Product()
    let model = Self.fixtures + "/architectures/qwen2"
    let arguments = ["generate", model, "find the needle", "--tokens", "12", "--temperature", "1", "--json", "--precision", "float32", "--seed"]
    let first = try product.run(arguments + ["3"])
    #expect(first.code == 0, "\(first.errors)")
    let report = try first.json(Report.self)
    #expect(report.promptTokens > 0 && (1...12).contains(report.newTokens))
    #expect(try product.run(arguments + ["3"]).json(Report.self).text == report.text)
    let texts = try ["4", "5", "6"].map { try product.run(arguments + [$0]).json(Report.self).text }
    #expect(texts.contains { $0 != report.text })
    let plain = try product.run(arguments.filter { $0 != "--json" } + ["3"])
    #expect(plain.output == report.text + "\n")
    let chat = try product.run("generate", model, "hello", "--chat")
    #expect(chat.code != 0 && chat.errors.contains("chat template"))
    #expect(try product.run("generate", model, "hello", "--top-p", "2").code != 0)
  }

  @Test func anAdapterIsMergedIntoItsModel() throws {
    struct Report: Decodable {
      let rank, weights: Int
    }
    let product = try Product()
    let (adapter, base) = (Self.fixtures + "/adapters/tiny-bert", Self.fixtures + "/transformers/tiny-bert")
    let target = product.folder.path + "/merged"
    let merged = try product.run("model", "merge", adapter, target, "--base", base, "--json")
    #expect(merged.code == 0, "\(merged.errors)")
    let report = try merged.json(Report.self)
    #expect(report.rank == 3 && report.weights == 4)
    let (old, new) = (try Data(contentsOf: URL(fileURLWithPath: base + "/model.safetensors")), target + "/model.safetensors")
    #expect(try Data(contentsOf: URL(fileURLWithPath: new)) != old)
    // what the adapter names is no registered model
    let unknown = try product.run("model", "merge", adapter, target + "2")
    #expect(unknown.code != 0 && unknown.errors.contains("tiny-bert"))
  }
}
