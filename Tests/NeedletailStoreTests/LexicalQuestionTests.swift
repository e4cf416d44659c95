import NeedletailCore
import NeedletailNumerics
import NeedletailStore
import Testing

/// Phrases in quotation marks and beginnings of words, in segments and in the delta.
@Suite struct LexicalQuestionTests {
  private static let texts = [
    "The quick brown fox jumps.", "A fox that is quick and brown.", "Brown foxes are quick.", "Retrieval of passages.",
    "Retrieve the quick fox.", "Nothing to see.",
  ]

  /// Half of the texts are in a segment, many fillers beside them.
  private static func collection(_ directory: TemporaryDirectory) async throws -> DocumentCollection {
    var generator = SeededGenerator(seed: 1)
    let collection = try DocumentCollection.open(
      "test", in: directory.data, access: .create(.exact(dimension: nil)), minimumSegmentRows: 8, maximumDeltaRows: 32)
    var documents = sampleDocuments(60, dimension: nil)
    documents += texts.prefix(3).enumerated().map { DocumentWrite("text-\($0)", [$1], dimension: nil, using: &generator) }
    try await collection.write(documents)
    try await collection.settle()
    try await collection.write(
      texts.enumerated().dropFirst(3).map { DocumentWrite("text-\($0)", [$1], payload: ["late": .string("yes")], dimension: nil, using: &generator) })
    return collection
  }

  private static func documents(_ found: [ScoredPassage], _ snapshot: Snapshot) throws -> Set<String> {
    Set(try snapshot.passages(found.map(\.id)).map(\.document))
  }

  @Test(arguments: [
    ("\"quick brown\"", [0]), ("\"quick brown fox\" nothing", [0]), ("\"brown\"", [0, 1, 2]), ("\"quick fox\"", [4]),
    ("\"fox that is\" \"quick and\"", [1]), ("\"brown quick\"", []), ("\u{201E}quick fox\u{201C}", [4]), ("\"unheard word\"", []),
    ("\"quick", [0, 1, 2, 4]), ("retriev*", [3, 4]), ("fox*", [0, 1, 2, 4]), ("\"the quick\" retriev*", [0, 4]), ("see*", [5]), ("xyz*", []),
  ] as [(String, [Int])])
  func findsWhatIsMeant(question: String, expected: [Int]) async throws {
    let directory = try TemporaryDirectory()
    let collection = try await Self.collection(directory)
    let snapshot = try collection.snapshot()
    #expect(try Self.documents(snapshot.lexical(question, limit: 50), snapshot) == Set(expected.map { "text-\($0)" }))
    let late = try snapshot.lexical(question, limit: 50, filter: FilterExpression.parse("late:yes"))
    #expect(try Self.documents(late, snapshot) == Set(expected.filter { $0 >= 3 }.map { "text-\($0)" }))
    await collection.close()
  }

  /// More candidates than are looked at in the first round, of which only the last has the phrase.
  @Test func looksAsDeepAsItHasTo() async throws {
    var generator = SeededGenerator(seed: 2)
    let directory = try TemporaryDirectory()
    let collection = try DocumentCollection.open("test", in: directory.data, access: .create(.exact(dimension: nil)))
    let filler = String(repeating: " filler", count: 60)
    try await collection.write(
      (0..<400).map { DocumentWrite("doc-\($0)", [$0 == 399 ? "needle in hay" + filler : "hay in needle needle"], dimension: nil, using: &generator) })
    let snapshot = try collection.snapshot()
    let found = try snapshot.lexical("\"needle in hay\"", limit: 3)
    #expect(try Self.documents(found, snapshot) == ["doc-399"])
    #expect(try snapshot.lexical("\"hay in needle\"", limit: 500).count == 399)
    await collection.close()
  }
}
