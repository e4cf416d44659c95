import Foundation
import NeedletailCore
import NeedletailNumerics
import NeedletailPoints
import NeedletailStore

/// A data directory that vanishes with the test.
final class PointPlace {
  let data: DataDirectory

  init() {
    data = DataDirectory(path: FileManager.default.temporaryDirectory.appendingPathComponent("needletail-points-\(UUID().uuidString)").path)
  }

  deinit { try? FileManager.default.removeItem(atPath: data.path) }

  func library() throws -> PointLibrary { try PointLibrary(data) }

  /// The folder of the only collection.
  func collectionFolder() throws -> String {
    let names = try FileManager.default.contentsOfDirectory(atPath: data.path + "/points")
    return data.path + "/points/" + (names.first { $0.first?.isNumber == true } ?? "")
  }
}

extension VectorSettings {
  static func dense(_ size: Int, _ distance: Distance) -> VectorSettings {
    VectorSettings(dense: ["size": .integer(Int64(size)), "distance": .string(distance.rawValue)])!
  }
}

/// Random payloads and filters over them.
struct RandomPayloads {
  var random: SeededGenerator

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  private mutating func pick<Element>(_ elements: [Element]) -> Element { elements.randomElement(using: &random)! }

  mutating func payload() -> Payload {
    var payload: Payload = [:]
    for _ in 0..<Int.random(in: 0...5, using: &random) { payload[pick(["a", "b", "c", "d"])] = value(depth: 0) }
    return payload
  }

  mutating func value(depth: Int) -> JSONValue {
    switch Int.random(in: 0..<(depth < 2 ? 10 : 8), using: &random) {
    case 0: .null
    case 1: .bool(Bool.random(using: &random))
    case 2, 3: .integer(Int64.random(in: 0...4, using: &random))
    case 4: .number(Double(Int.random(in: 0...8, using: &random)) / 2)
    case 5, 6: .string(pick(["x", "y z", "Red Shoes", "2024-01-02", "2024-01-02T03:04:05Z"]))
    case 7: .object(["lon": .number(Double.random(in: -9...9, using: &random)), "lat": .integer(3)])
    case 8: .array((0..<Int.random(in: 0...3, using: &random)).map { _ in value(depth: depth + 1) })
    default: .object(["k": value(depth: depth + 1), "v": value(depth: depth + 1)])
    }
  }

  mutating func path() -> PayloadPath { PayloadPath(pick(["a", "b", "a[]", "b[].k", "c.k", "d[0]", "a.v", "missing"]))! }

  mutating func test() -> FieldTest {
    switch Int.random(in: 0..<16, using: &random) {
    case 0: .equal(pick([.string("x"), .integer(2), .bool(true)]))
    case 1: .any(pick([[.integer(1), .integer(2)], [.string("x"), .string("y z")], []]))
    case 2: .except(pick([[.integer(1)], [.string("x")], []]))
    case 3: .text("red shoes")
    case 4: .anyWord("shoes z")
    case 5: .phrase("y z")
    case 6: .prefix("Re")
    case 7: .substring("d S")
    case 8: .range(Bounds(above: 1, atMost: 3))
    case 9: .dates(Bounds(atLeast: 1_704_153_600_000_000))
    case 10: .geo(.box(topLeft: GeoPoint(longitude: -5, latitude: 5), bottomRight: GeoPoint(longitude: 5, latitude: 0)))
    case 11: .count(Bounds(atLeast: 0, below: 2))
    case 12: .isEmpty
    case 13: .fails(.isEmpty)
    case 14: .fails(.isNull)
    default: .isNull
    }
  }

  mutating func condition(depth: Int) -> PointCondition {
    switch Int.random(in: 0..<(depth < 2 ? 9 : 6), using: &random) {
    case 0: .id([.number(UInt64.random(in: 0..<300, using: &random)), .number(7)])
    case 6: .nested(PayloadPath(pick(["a", "b", "a[]"]))!, filter(depth: depth + 1))
    case 7: .filter(filter(depth: depth + 1))
    case 8: .slice(total: 3, index: 1)
    default: .field(path(), test())
    }
  }

  mutating func filter(depth: Int = 0) -> PointFilter {
    var filter = PointFilter()
    func some() -> Int { Int.random(in: 0...2, using: &random) }
    filter.must = (0..<some()).map { _ in condition(depth: depth) }
    filter.should = (0..<some()).map { _ in condition(depth: depth) }
    filter.mustNot = (0..<some()).map { _ in condition(depth: depth) }
    if Int.random(in: 0..<4, using: &random) == 0 {
      filter.minimumShould = PointFilter.MinimumShould(conditions: (0..<3).map { _ in condition(depth: depth) }, count: 2)
    }
    return filter
  }
}
