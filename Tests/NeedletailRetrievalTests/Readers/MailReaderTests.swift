import NeedletailCore
import NeedletailRetrieval
import Testing

@Suite struct MailReaderTests {
  @Test func readsHeadersAndPreferredText() async throws {
    let document = try #require(try await Fixture.read("letter.eml").first)
    #expect(document.title == "Über Vögel und Brötchen")
    #expect(document.text == "Die Vögel fliegen sehr schnell.\n\nBrötchen gehen auf.")
    let expected: Payload = [
      "from": "Ada Exämple <ada@example.org>", "to": ["Ben <ben@example.org>", "\"Last, First\" <c@example.org>"],
      "subject": "Über Vögel und Brötchen", "date": "2026-11-24T06:07:02Z", "messageID": "<1@example.org>", "attachments": ["Pläne.pdf"],
    ]
    #expect(document.payload == expected)
  }

  @Test func takesHTMLWhereThereIsNothingElse() async throws {
    let document = try #require(try await Fixture.read("html-only.eml").first)
    #expect(document.text == "Only markup here")
  }

  @Test func refusesWhatIsNoMail() async throws {
    await #expect(throws: ReadingProblem.self) { try await Fixture.read("just some text\nwithout headers\n", as: "a.eml") }
  }

  @Test(arguments: [
    ("Mon, 1 Jan 2024 00:30:00 +0100", "2023-12-31T23:30:00Z"), ("29 Feb 2024 12:00 GMT", "2024-02-29T12:00:00Z"),
    ("Thu, 13 Feb 69 23:32 -0330", "1969-02-14T03:02:00Z"), ("Fri, 21 Nov 1997 09:55:06 EST", "1997-11-21T14:55:06Z"),
  ])
  func readsDates(date: String, expected: String) async throws {
    let document = try #require(try await Fixture.read("From: a@b\nDate: \(date)\n\nbody", as: "a.eml").first)
    #expect(document.payload["date"]?.string == expected)
  }

  @Test(arguments: ["yesterday", "32 Foo 2024 00:00", "1 Jan 2024 25:00", "", "1 Jan 99999999999999999999 00:00 +0000"])
  func leavesOutWhatIsNoDate(date: String) async throws {
    let document = try #require(try await Fixture.read("From: a@b\nDate: \(date)\n\nbody", as: "a.eml").first)
    #expect(document.payload["date"] == nil)
  }

  @Test func survivesPartsWithinParts() async throws {
    var message = "From: a@b\n"
    for level in 0..<200 { message += "Content-Type: multipart/mixed; boundary=b\(level)\n\n--b\(level)\n" }
    message += "\nend"
    #expect(try await Fixture.read(message, as: "a.eml").count == 1)
  }
}
