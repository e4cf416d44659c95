import NeedletailEvaluation
import NeedletailReproduction
import Testing

@Suite struct RankingRunsTests {
  @Test func joinsRunsByReciprocalRanks() throws {
    var (first, second) = (Run(name: "a"), Run(name: "b"))
    try first.record([.init(document: "x", score: 9), .init(document: "y", score: 8)], for: "q")
    try second.record([.init(document: "y", score: 0.2), .init(document: "z", score: 0.1)], for: "q")
    try second.record([.init(document: "z", score: 1)], for: "r")
    let joined = try Run(joining: [first, second], constant: 1, name: "both")
    #expect(joined.ranking(of: "q").map(\.document) == ["y", "x", "z"])
    #expect(abs((joined.ranking(of: "q").first?.score ?? 0) - (1 / 3.0 + 1 / 2.0)) < 1e-12)
    #expect(joined.ranking(of: "r").map(\.document) == ["z"])
  }
}
