import NeedletailCore
import NeedletailPoints
import Testing

@Suite struct PointFilterTests {
  private func collection(_ payloads: [Payload], in place: PointPlace) async throws -> (PointLibrary, PointCollection) {
    let library = try place.library()
    let collection = try library.create("c", PointCollectionSettings(vectors: ["": .dense(1, .dot)], hasUnnamedVector: true))
    try await collection.apply(.upsert(payloads.enumerated().map { PointWrite(id: .number(UInt64($0)), vectors: ["": .dense([1])], payload: $1) }))
    return (library, collection)
  }

  /// Filters are answered from columns of whole blocks; conditions in formulas are evaluated point by point. Both have to
  /// mean the same.
  @Test(arguments: [1, 2, 3]) func columnsAgreeWithPointByPointEvaluation(seed: UInt64) async throws {
    let place = PointPlace()
    var random = RandomPayloads(seed: seed)
    let (library, collection) = try await collection((0..<600).map { _ in random.payload() }, in: place)
    defer { library.close() }
    let snapshot = collection.snapshot()
    for _ in 0..<150 {
      let filter = random.filter()
      let all = QueryStage(query: .nearest(.value(.dense([1]))), limit: 1_000)
      let stage = QueryStage(query: .formula(Formula(expression: .condition(.filter(filter)))), prefetch: [all], limit: 1_000)
      let scores = try snapshot.query(stage, PointPart(), lookup: { _ in snapshot }).filter { $0.score == 1 }
      #expect(snapshot.count(filter) == scores.count, "\(filter)")
    }
  }

  @Test func countsWhatThePageOnTheInterfaceSays() async throws {
    let place = PointPlace()
    let payloads: [Payload] = [
      ["tags": ["x", "y"], "n": 5, "f": 7.0], ["tags": "x", "n": "5"], ["tags": [], "n": nil], ["n": [nil, 3]],
      ["a": [["k": 1, "v": 2], ["k": 3, "v": 4]]] as Payload,
    ]
    let (library, collection) = try await collection(payloads, in: place)
    defer { library.close() }
    func count(_ path: String, _ test: FieldTest) -> Int { collection.snapshot().count(PointFilter(must: [.field(PayloadPath(path)!, test)])) }
    #expect(count("tags", .equal("x")) == 2)
    #expect(count("tags", .except(["x"])) == 1)
    #expect(count("tags", .except([])) == 2)
    #expect(count("n", .equal(5)) == 1)
    #expect(count("f", .equal(7)) == 0)
    #expect(count("tags", .isEmpty) == 3)
    #expect(count("n", .isEmpty) == 2)
    #expect(count("n", .isNull) == 2)
    #expect(count("n", .fails(.isNull)) == 3)
    #expect(count("tags", .fails(.isEmpty)) == 2)
    #expect(count("a.k", .equal(1)) == 0)
    #expect(count("a[].k", .equal(1)) == 1)
    #expect(count("missing", .count(Bounds(below: 1))) == 5)
    func nested(_ k: Int64, _ v: Int64) -> Int {
      let inner = PointFilter(must: [.field(PayloadPath("k")!, .equal(.integer(k))), .field(PayloadPath("v")!, .equal(.integer(v)))])
      return collection.snapshot().count(PointFilter(must: [.nested(PayloadPath("a")!, inner)]))
    }
    #expect(nested(1, 2) == 1)
    #expect(nested(1, 4) == 0)
  }

  @Test func textDependsOnTheIndexAsTheInterfaceSays() async throws {
    let place = PointPlace()
    let (library, collection) = try await collection([["t": ["Red hat", "big Shoes"]], ["t": "red shoes run"], ["t": "othello"]], in: place)
    defer { library.close() }
    func count(_ test: FieldTest) -> Int { collection.snapshot().count(PointFilter(must: [.field(PayloadPath("t")!, test)])) }
    #expect(count(.text("red shoes")) == 1)
    #expect(count(.text("hello")) == 0)
    #expect(count(.phrase("shoes run")) == 1)
    try await collection.createIndex(on: "t", PayloadIndex(kind: .text, options: ["type": "text"]))
    #expect(count(.text("red shoes")) == 2)
    #expect(count(.phrase("shoes run")) == 0)
    try await collection.createIndex(on: "t", PayloadIndex(kind: .text, options: ["type": "text", "phrase_matching": true]))
    #expect(count(.phrase("shoes run")) == 1)
    #expect(count(.phrase("hat big")) == 0)
  }
}
