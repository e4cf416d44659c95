import Foundation
import NeedletailPoints
import Testing

@Suite struct JSONReaderTests {
  @Test(arguments: [
    ("null", JSONNode.null), ("true", .bool(true)), ("-12", .integer(-12)), ("18446744073709551615", .unsigned(.max)), ("9223372036854775807", .integer(.max)),
    ("-9223372036854775808", .integer(.min)), ("1e2", .number(100)), ("\"a\\u00e4\\ud83d\\ude00\\n\"", .string("aä😀\n")),
    ("[1, 2]", .array([.integer(1), .integer(2)])), ("[1, 2.5]", .array([.integer(1), .number(2.5)])), ("[1.0, 2.5e1]", .numbers([1, 25])), ("[]", .array([])), ("[1, \"a\"]", .array([.integer(1), .string("a")])),
    ("{\"a\": {\"b\": []}, \"a\": 1}", .object(["a": .integer(1)])),
  ])
  func reads(text: String, expected: JSONNode) throws {
    #expect(try JSONReader.read(text) == expected)
  }

  @Test(arguments: ["", "[1,]", "{\"a\" 1}", "01", "1.", "-", "tru", "\"\u{1}\"", "\"\\ud800\"", "[1 2]", "{a:1}", "1 2", "1e999", "[1.5,", "\"a"])
  func refuses(text: String) {
    #expect(throws: JSONFlaw.self) { try JSONReader.read(text) }
  }

  @Test func refusesNestingThatWouldExhaustTheStack() {
    #expect(throws: JSONFlaw.self) { try JSONReader.read(String(repeating: "[", count: 100_000)) }
  }

  /// The decimal conversion against the one of the standard library, on numbers of all lengths and sizes.
  @Test func readsNumbersToTheNearestDouble() throws {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<200_000 {
      let digits = String(UInt64.random(in: 0...(.max), using: &random) >> UInt64.random(in: 0...60, using: &random))
      let point = Int.random(in: 0...digits.count, using: &random)
      var text = point == 0 ? "0." + digits : point == digits.count ? digits + ".0" : digits.prefix(point) + "." + digits.dropFirst(point)
      if text.hasPrefix("0"), !text.hasPrefix("0.") { text = "1" + text }
      if Bool.random(using: &random) { text += "e\(Int.random(in: -30...30, using: &random))" }
      #expect(try JSONReader.read(text).double == Double(text), "\(text)")
      #expect(try JSONReader.read("[-\(text), 1.5]") == .numbers([-Double(text)!, 1.5]), "\(text)")
    }
  }

  @Test func readsFloatsAsTheyWereWritten() throws {
    for _ in 0..<20_000 {
      let value = Float(bitPattern: UInt32.random(in: 0..<0x7F80_0000))
      var writer = JSONWriter()
      writer.floats([value])
      #expect(try JSONReader.read(writer.text).floats == [value])
    }
  }

  /// Truncated and damaged texts are refused or read, never more.
  @Test func survivesDamage() throws {
    let text = Array(#"{"points":[{"id":1,"vector":[0.25,-1e-3,3],"payload":{"a":["x\u00e4",null,{"b":true}]}},{"id":"00000000-0000-0000-0000-000000000001","vector":{"t":{"indices":[1],"values":[2.5]}}}]}"#.utf8)
    for length in text.indices { #expect(throws: JSONFlaw.self) { try JSONReader.read(Array(text[..<length])) } }
    for _ in 0..<20_000 {
      var damaged = text
      for _ in 0..<Int.random(in: 1...4) { damaged[Int.random(in: damaged.indices)] ^= 1 << UInt8.random(in: 0...7) }
      if let node = try? JSONReader.read(damaged) {
        // What was read can be written and read again.
        var writer = JSONWriter()
        writer.value(node.value)
        #expect((try? JSONReader.read(writer.text)) != nil)
      }
    }
  }
}
