import NeedletailNumerics
import Testing

@Suite struct JSON5KeysTests {
  private func repeated(_ text: String) -> String? { JSON5Keys.firstRepeated(in: Array(text.utf8)) }

  @Test(arguments: [
    (#"{"a": 1, "b": 2, "a": 3}"#, "a"), ("{a: 1, 'a': 2}", "a"), ("{x: {y: 1, y: 2}}", "y"), ("[{k: 1}, {k: 1, k: 2}]", "k"),
    ("{a: [1, 2], // a\n a: 3}", "a"), ("{ä: 1, ä: 2}", "ä"), (#"{"": 1, "": 2}"#, ""), ("{a: {b: 1}, a: 2}", "a"),
  ])
  func findsTheKeyThatIsGivenTwice(text: String, key: String) {
    #expect(repeated(text) == key)
  }

  @Test(arguments: [
    "{}", "{a: 1, b: {a: 1}, c: [{a: 1}, {a: 1}]}", #"{a: "a", b: "{b: 1, b: 2}"}"#, #"{a: "\", a: ", b: 1}"#, "{a: 1 /* a: 2, a: 3 */, b: 1}", "[a, a]", "a, a",
  ])
  func leavesSoundTextsAlone(text: String) {
    #expect(repeated(text) == nil)
  }

  @Test func readsAnythingToTheEnd() {
    let text = Array(#"{a: 'b\'', /* c */ d: [1, {e: "f"}], // g"#.utf8) + [0xFF, 0x00]
    var random = SeededGenerator(seed: 4)
    for length in 0...text.count { _ = JSON5Keys.firstRepeated(in: Array(text.prefix(length))) }
    for _ in 0..<2_000 {
      var changed = text
      changed[Int.random(in: 0..<text.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      _ = JSON5Keys.firstRepeated(in: changed)
    }
  }
}
