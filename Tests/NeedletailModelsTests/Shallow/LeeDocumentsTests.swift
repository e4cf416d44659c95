import Foundation
import NeedletailCore
import NeedletailModels
import NeedletailNumerics
import Testing

/// Similarities of short news texts against those that people gave (Lee, Pincombe and Welsh, 2005); skipped where the data is not.
@Suite struct LeeDocumentsTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../../../shared/data/lee-documents").standardized.path
  private static let isHere = FileManager.default.fileExists(atPath: folder)

  @Test(.enabled(if: isHere, "the collection lee-documents is not here"))
  func similaritiesFollowThoseOfPeople() throws {
    func texts(_ name: String) throws -> [String] {
      try String(contentsOfFile: "\(Self.folder)/\(name)", encoding: .utf8).split(separator: "\n").map { line in
        try #require(JSONDecoder().decode([String: JSONValue].self, from: Data(line.utf8))["text"]?.string)
      }
    }
    let documents = try texts("documents.jsonl")
    let corpus = WordCorpus(documents + (try texts("background.jsonl")), minimumCount: 2)
    var training = ShallowTraining.recommended(for: .paragraphVectors)
    training.dimension = 50
    training.sample = 1e-3
    training.epochs = 40
    let model = try ParagraphVectors.learn(from: corpus, objective: .bagOfWords, training: training)
    var (ours, theirs): ([Double], [Double]) = ([], [])
    for line in try String(contentsOfFile: "\(Self.folder)/similarity.tsv", encoding: .utf8).split(separator: "\n").dropFirst() {
      let parts = line.split(separator: "\t")
      let rows = try (0..<2).map { try #require(Int(parts[$0].dropFirst())) }
      ours.append(Double(cosine(model.learnedTexts[rows[0]], model.learnedTexts[rows[1]])))
      theirs.append(try #require(Double(parts[2])))
    }
    #expect(theirs.count == 1225)
    #expect(correlation(ours, theirs) > 0.4)
  }

  private func correlation(_ left: [Double], _ right: [Double]) -> Double {
    let count = Double(left.count)
    let (leftMean, rightMean) = (left.reduce(0, +) / count, right.reduce(0, +) / count)
    let product = zip(left, right).reduce(0) { $0 + ($1.0 - leftMean) * ($1.1 - rightMean) }
    let leftSquare = left.reduce(0) { $0 + ($1 - leftMean) * ($1 - leftMean) }
    let rightSquare = right.reduce(0) { $0 + ($1 - rightMean) * ($1 - rightMean) }
    return product / (leftSquare * rightSquare).squareRoot()
  }
}
