import Foundation
import Testing

/// Files of vectors from the command line: build, search, true neighbours, a trained codec, a study.
@Suite struct VectorsCommandTests {
  private struct Measured: Decodable {
    struct Neighbour: Decodable { let row: Int }
    let recall: Double?
    let answers: [[Neighbour]]
  }

  private struct Study: Decodable {
    struct Result: Decodable { let method: String; let bytes: Int? }
    let results: [Result]
  }

  /// Rows in the form of `.fvecs`: points on a few rays, a little apart.
  private func vectors(_ product: Product, _ name: String, count: Int, shift: Float = 0) throws -> String {
    var data = Data()
    for row in 0..<count {
      unsafe withUnsafeBytes(of: Int32(16).littleEndian) { unsafe data.append(contentsOf: $0) }
      for index in 0..<16 {
        let value = (index == row % 16 ? 4 : 0) + sin(Float(row * 31 + index * 17)) + shift
        unsafe withUnsafeBytes(of: value.bitPattern.littleEndian) { unsafe data.append(contentsOf: $0) }
      }
    }
    let path = product.folder.path + "/" + name
    try data.write(to: URL(fileURLWithPath: path))
    return path
  }

  @Test(arguments: [["--index", "flat"], ["--index", "graph"], ["--index", "ivf", "--codec", "pq8x4"], ["--index", "flat", "--codec", "rabitq4", "--drop-vectors"]])
  func whatIsBuiltIsSearched(_ options: [String]) throws {
    let product = try Product()
    let (base, queries) = (try vectors(product, "base.fvecs", count: 400), try vectors(product, "queries.fvecs", count: 20, shift: 0.01))
    let (index, truth) = (product.folder.path + "/base.index", product.folder.path + "/truth.ivecs")
    #expect(try product.run(["vectors", "build", base, index, "--json"] + options).code == 0)
    #expect(try product.run("vectors", "exact", base, queries, truth, "--top", "10").code == 0)
    let measured = try product.run("vectors", "search", index, queries, "--truth", truth, "--probes", "80", "--json").json(Measured.self)
    #expect(measured.answers.count == 20 && measured.answers.allSatisfy { $0.count == 10 })
    #expect(try #require(measured.recall) > (options.contains("--drop-vectors") ? 0.6 : 0.95))
  }

  @Test func aTrainedCodecIsUsed() throws {
    let product = try Product()
    let (queries, documents) = (try vectors(product, "q.fvecs", count: 64, shift: 0.02), try vectors(product, "d.fvecs", count: 64))
    let (codec, index) = (product.folder.path + "/my.codec", product.folder.path + "/my.index")
    let training = try product.run("vectors", "train", queries, documents, codec, "--bits", "32", "--hidden", "16", "--epochs", "2", "--batch", "32")
    #expect(training.code == 0 && training.output.contains("binary32x2"))
    #expect(try product.run("vectors", "build", documents, index, "--index", "flat", "--codec", codec, "--drop-vectors").code == 0)
    #expect(try product.run("vectors", "search", index, queries, "--top", "3", "--json").json(Measured.self).answers.count == 64)
  }

  @Test func theStudyWritesItsPage() throws {
    let product = try Product()
    let (base, page) = (try vectors(product, "base.fvecs", count: 400), product.folder.path + "/study.html")
    let study = try product.run("compress", "study", base, "--budgets", "0.5,0.1", "--report", page, "--json").json(Study.self)
    #expect(study.results.contains { $0.method == "half" && $0.bytes != nil })
    let html = try String(contentsOfFile: page, encoding: .utf8)
    #expect(html.contains("<svg") && html.contains("What to take"))
  }

  @Test func mistakesAreExplained() throws {
    let product = try Product()
    let base = try vectors(product, "base.fvecs", count: 30)
    let index = product.folder.path + "/x.index"
    let cases: [([String], String)] = [
      (["vectors", "build", product.folder.path + "/none.fvecs", index], "cannot open"),
      (["vectors", "build", base, index, "--codec", "nonsense"], "no codec is called nonsense"),
      (["vectors", "build", base, index, "--index", "flat", "--drop-vectors"], "needs codes"),
      (["vectors", "build", base, index, "--index", "flat", "--codec", "pq99x4"], "1 to 16 parts"),
      (["compress", "study", base, "--budgets", "2"], "at most 1"),
    ]
    for (arguments, expected) in cases {
      let outcome = try product.run(arguments)
      #expect(outcome.code != 0 && outcome.errors.contains(expected), "\(arguments): \(outcome.errors)")
    }
  }
}
