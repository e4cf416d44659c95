import Foundation
import NeedletailCore
import NeedletailServer
import Testing

/// Documents are written by anybody. Nothing in them may become a part of the page.
@Suite struct HostileTextTests {
  static let attacks = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\" onmouseover=\"alert(1)",
    "' onfocus='alert(1)",
    "\"\u{301} onmouseover=alert(1) x=\"\u{301}",
    "<\u{301}script>",
    "</title><script>alert(1)</script>",
    "</mark></p></li><script>alert(1)</script>",
    "{{frame.pageTitle}}{{{frame}}}",
    "javascript:alert(1)",
    "\u{0}<b>\u{8}",
    "&lt;script&gt;",
    "\r\n\r\n<b>",
    "]]><!--",
  ]

  private func page(_ attack: String, _ uri: String) async throws -> String {
    var library = SampleLibrary.birds
    let text = "A storm \(attack) and after it \(attack)"
    let payload: Payload = [
      "path": .string(attack), "folder": .string(attack), "type": .string(attack), "modified": .string(attack),
      attack: .string(attack), "tags": .array([.string(attack), "other"]),
    ]
    library.entries.append(
      .init(
        document: Document(id: attack, title: attack, text: text, payload: payload),
        passages: [Passage(ordinal: 0, byteRange: 0..<text.utf8.count, headings: [attack, attack])]))
    return try await SiteTester(library.service()).text(uri)
  }

  /// The number of tags and attributes that a browser would see cannot depend on what documents say.
  private func expectInert(_ page: String, _ attack: String) {
    let scripts = page.components(separatedBy: "<script").count - 1
    #expect(scripts == 1, "a script came in through \(attack)")
    for forbidden in ["<img", "<b>\u{fffd}", "onerror=alert(1)>", "<!--", "\u{0}"] {
      #expect(!page.contains(forbidden), "\(forbidden) came in through \(attack)")
    }
    #expect(Self.attributes(of: page).allSatisfy { !$0.hasPrefix("on") }, "a handler came in through \(attack)")
  }

  /// The names of all attributes, read as a browser reads them: by code points.
  private static func attributes(of page: String) -> [String] {
    var names: [String] = []
    var rest = Array(page.unicodeScalars)[...]
    while let open = rest.firstIndex(of: "<") {
      rest = rest[(open + 1)...]
      guard let first = rest.first, first.properties.isAlphabetic else { continue }
      var quote: Unicode.Scalar?
      var word = ""
      while let scalar = rest.popFirst() {
        if let open = quote {
          if scalar == open { quote = nil }
        } else if scalar == "\"" || scalar == "'" {
          quote = scalar
        } else if scalar == ">" {
          break
        } else if scalar == " " || scalar == "\n" {
          names.append(word)
          word = ""
        } else {
          word.unicodeScalars.append(scalar)
        }
      }
      names.append(word)
    }
    return names
  }

  @Test(arguments: attacks) func staysTextInResults(attack: String) async throws {
    expectInert(try await page(attack, "/?q=storm"), attack)
  }

  @Test(arguments: attacks) func staysTextInLists(attack: String) async throws {
    let filter = attack.addingPercentEncoding(withAllowedCharacters: .alphanumerics)!
    expectInert(try await page(attack, "/?filter=type%3A\(filter)"), attack)
  }

  @Test(arguments: attacks) func staysTextInTheDocument(attack: String) async throws {
    let id = attack.addingPercentEncoding(withAllowedCharacters: .alphanumerics)!
    let page = try await page(attack, "/document?id=\(id)&passage=801")
    #expect(page.contains("id=\"passage\""))
    expectInert(page, attack)
  }

  @Test(arguments: attacks) func staysTextWhenItComesFromTheAddress(attack: String) async throws {
    let text = attack.addingPercentEncoding(withAllowedCharacters: .alphanumerics)!
    for address in ["/?q=", "/?mode=", "/?collection=", "/?filter=", "/?like=", "/document?id=", "/"] {
      expectInert(try await SiteTester().text(address + text), attack)
    }
  }

  @Test(arguments: [
    "/document?id=../../../../etc/passwd", "/document?id=%2Fetc%2Fpasswd", "/document?id=..%2f..%2fPackage.swift",
    "/document?id=file:///etc/passwd", "/assets/../Package.swift", "/assets/%2e%2e/%2e%2e/etc/passwd",
    "/assets/page.css%00.html", "/api/documents/../../etc/passwd", "/api/documents/%2Fetc%2Fpasswd", "//etc/passwd",
    "/api/documents/..%5C..%5Cetc", "/api/documents//etc/passwd",
  ])
  func servesNoFiles(uri: String) async throws {
    let response = try await SiteTester().get(uri)
    #expect(response.status == 404)
    let body = response.text
    #expect(!body.contains("root:") && !body.contains("swift-tools-version"))
  }

  /// Seeded noise in every parameter: the server answers, with what it likes, and does not die.
  @Test func survivesNoise() async throws {
    var state: UInt64 = 0x6e65_6564_6c65
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    let alphabet = Array("%%&&==??##//..ab019:+<>\"'q ;\u{e9}".unicodeScalars)
    let site = SiteTester()
    for _ in 0..<500 {
      let noise = String(String.UnicodeScalarView((0..<next(40)).map { _ in alphabet[next(alphabet.count)] }))
      let path = ["/?q=", "/?", "/document?id=", "/api/search?q=a&", "/api/documents/", "/", "/?filter="][next(7)]
      let response = try await site.get(path + noise.replacingOccurrences(of: " ", with: "%20"))
      #expect(response.status < 500, "\(path)\(noise)")
    }
  }
}
