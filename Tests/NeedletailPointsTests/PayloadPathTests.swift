public import NeedletailCore
import NeedletailPoints
import Testing

@Suite struct PayloadPathTests {
  @Test(arguments: ["", ".", "a.", "a..b", "a[", "a[x]", "[0]", "\"\"", "a b"]) func refuses(text: String) {
    #expect(PayloadPath(text) == nil)
  }

  @Test func selectsPartsWithTheirStructure() {
    let payload: Payload = ["a": [["k": 1, "v": 2], ["v": 3], 4], "b": ["c": 1, "d": 2], "e": 5]
    func included(_ paths: String...) -> Payload? { PayloadSelection.including(paths.map { PayloadPath($0)! }).part(of: payload) }
    func excluded(_ paths: String...) -> Payload? { PayloadSelection.excluding(paths.map { PayloadPath($0)! }).part(of: payload) }
    #expect(included("a[].k") == ["a": [["k": 1], [:]]] as Payload)
    #expect(included("b.c", "e") == ["b": ["c": 1], "e": 5] as Payload)
    #expect(included("missing") == [:])
    #expect(excluded("a[].v", "b") == ["a": [["k": 1], [:], 4], "e": 5] as Payload)
    #expect(PayloadSelection.none.part(of: payload) == nil)
  }

  @Test func changesPayloadAsTheInterfaceSays() async throws {
    let place = PointPlace()
    let library = try place.library()
    defer { library.close() }
    let collection = try library.create("c", PointCollectionSettings(vectors: [:], hasUnnamedVector: false))
    let one = PointSelection.ids([.number(1)])
    func payload() throws -> Payload { try #require(collection.snapshot().points([.number(1)], PointPart(payload: .all)).first?.payload) }
    try await collection.apply(.upsert([PointWrite(id: .number(1), payload: ["a": ["x": 1], "l": [["k": 1], ["k": 2]], "n": nil])]))
    try await collection.apply(.setPayload(["a": 2, "n": nil, "new": true], one))
    #expect(try payload() == ["a": 2, "l": [["k": 1], ["k": 2]], "new": true] as Payload)
    try await collection.apply(.setPayload(["y": 1], one, path: PayloadPath("a.deep")!))
    #expect(try payload()["a"] == ["deep": ["y": 1]] as JSONValue)
    try await collection.apply(.setPayload(["z": 1], one, path: PayloadPath("l[0]")!))
    #expect(try payload()["l"] == [["k": 1, "z": 1], ["k": 2]] as JSONValue)
    try await collection.apply(.deletePayload([PayloadPath("l[].k")!, PayloadPath("a.deep.y")!], one))
    #expect(try payload()["l"] == [["z": 1], [:]] as JSONValue)
    #expect(try payload()["a"] == ["deep": [:]] as JSONValue)
    try await collection.apply(.overwritePayload(["only": 1], one))
    #expect(try payload() == ["only": 1])
    await #expect(throws: PointError.notFound("No point with id 9 found")) { try await collection.apply(.clearPayload(.ids([.number(9)]))) }
  }
}

extension JSONValue: ExpressibleByDictionaryLiteral {
  public init(dictionaryLiteral elements: (String, JSONValue)...) { self = .object(Dictionary(uniqueKeysWithValues: elements)) }
}
