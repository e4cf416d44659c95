import Foundation
import NeedletailEvaluation
import Testing

@Suite struct TopicEvaluationTests {
  private let truth = [("a", "sport"), ("b", "sport"), ("c", "money"), ("d", "money")].map { LabelledText(id: $0.0, label: $0.1, text: "") }

  @Test func countsAsPeopleWould() throws {
    let right = try TopicEvaluation(of: ["a": "sport", "b": "sport", "c": "money", "d": "money", "other": "x"], truth: truth)
    #expect(right.microF1 == 1 && right.macroF1 == 1 && right.adjustedRandIndex == 1 && right.missing == 0 && right.count == 4)
    let half = try TopicEvaluation(of: ["a": "sport", "b": "money", "c": "money"], truth: truth)
    #expect(half.microF1 == 0.5 && half.missing == 1 && abs(half.macroF1 - (2.0 / 3 + 1.0 / 2) / 2) < 1e-12)
    // leaving out a whole topic is no way to find it
    let without = try TopicEvaluation(of: ["a": "sport", "b": "sport"], truth: truth)
    #expect(without.microF1 == 0.5 && without.macroF1 == 0.5 && without.adjustedRandIndex < 1)
    // other names, the same groups
    let renamed = try TopicEvaluation(of: ["a": "1", "b": "1", "c": "2", "d": "2"], truth: truth)
    #expect(renamed.microF1 == 0 && renamed.adjustedRandIndex == 1)
    #expect { try TopicEvaluation(of: ["z": "sport"], truth: truth) } throws: { "\($0)".contains("identifiers") }
  }

  @Test func readsTablesAndWhatClassifyWrites() throws {
    let folder = try TemporaryFolder()
    let table = try folder.file("found.tsv", "document\ttopic\na\tsport\nb\tmoney\n")
    #expect(try TopicEvaluation.readFound(table) == ["a": "sport", "b": "money"])
    let json = try folder.file("found.json", #"{"topics": [], "documents": [{"document": "/x/y.jsonl#a", "topic": "sport", "confidence": 1}, {"document": "b", "topic": "money"}]}"#)
    #expect(try TopicEvaluation.readFound(json) == ["a": "sport", "b": "money"])
    let flawed = try folder.file("flawed.json", "{\"documents\": [{}]}")
    #expect { try TopicEvaluation.readFound(flawed) } throws: { "\($0)".contains("document") }
    #expect(throws: EvaluationError.self) { try TopicEvaluation.readFound(folder.path + "/none.json") }
    let columns = try folder.file("columns.csv", "text,class\na,b\n")
    #expect { try TopicEvaluation.readFound(columns) } throws: { "\($0)".contains("document") }
  }
}
