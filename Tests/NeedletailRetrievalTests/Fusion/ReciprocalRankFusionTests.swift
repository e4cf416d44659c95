import NeedletailCore
import NeedletailRetrieval
import Testing

@Suite struct ReciprocalRankFusionTests {
  @Test func addsReciprocalRanks() {
    let fused = ReciprocalRankFusion().fuse([
      .init(source: "dense", passages: [(1, 0.9), (2, 0.8), (3, 0.7)]), .init(source: "lexical", passages: [(3, 12), (1, 11), (4, 10)]),
    ])
    #expect(fused.map(\.id) == [1, 3, 2, 4])
    #expect(abs(fused[0].score - (1.0 / 61 + 1.0 / 62)) < 1e-12)
    #expect(fused[0].contributions == [.init(source: "dense", rank: 1, score: 0.9), .init(source: "lexical", rank: 2, score: 11)])
  }

  @Test func weighsSources() {
    let rankings: [SourceRanking] = [.init(source: "dense", passages: [(1, 1)]), .init(source: "lexical", passages: [(2, 1)])]
    #expect(ReciprocalRankFusion().fuse(rankings).map(\.id) == [1, 2])
    #expect(ReciprocalRankFusion(weights: ["lexical": 2]).fuse(rankings).map(\.id) == [2, 1])
  }

  @Test func breaksTiesByNumber() {
    let fused = ReciprocalRankFusion().fuse([.init(source: "a", passages: [(9, 1), (2, 1)]), .init(source: "b", passages: [(2, 1), (9, 1)])])
    #expect(fused.map(\.id) == [2, 9])
    #expect(ReciprocalRankFusion().fuse([]).isEmpty)
  }
}
