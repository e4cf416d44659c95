import NeedletailTraining
import Testing

@Suite struct QueryShareTests {
  @Test func sharesThatMeetDivideAllQueries() {
    let shares = [QueryShare(0..<0.1), QueryShare(0.1..<0.25), QueryShare(0.25..<1)]
    var counts = [0, 0, 0]
    for number in 0..<20_000 {
      let owners = shares.indices.filter { shares[$0].contains("what is the weather of day \(number)") }
      #expect(owners.count == 1)
      for owner in owners { counts[owner] += 1 }
    }
    for (count, wanted) in zip(counts, [2000, 3000, 15_000]) { #expect(abs(count - wanted) < 250, "\(counts)") }
  }

  @Test func examplesOfAShareKeepWhatIsKnownOfTheirQueries() {
    var examples = TrainingExamples()
    for number in 0..<100 {
      let (query, passage, other) = (examples.query("q\(number % 50)"), examples.passage("p\(number)"), examples.passage("n\(number)"))
      examples.append(.init(query: query, positives: [passage], negatives: [other]))
    }
    let share = QueryShare(0..<0.5)
    let (left, right) = (examples.keeping(share), examples.keeping(QueryShare(0.5..<1)))
    #expect(left.examples.count + right.examples.count == 100)
    #expect(!left.examples.isEmpty && !right.examples.isEmpty)
    #expect(Set(left.queries).isDisjoint(with: right.queries))
    for example in left.examples {
      #expect(share.contains(left.queries[example.query]))
      // both passages of the query, whichever of its two examples this is
      let number = left.queries[example.query].dropFirst()
      let known = left.relevant[example.query]?.map { left.passages[$0] } ?? []
      #expect(Set(known) == ["p\(number)", "p\((Int(number) ?? 0) + 50)"])
    }
  }
}
