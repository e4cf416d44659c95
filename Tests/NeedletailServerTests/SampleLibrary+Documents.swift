import NeedletailCore

extension SampleLibrary {
  /// Notes of an imaginary observatory of birds.
  static let birds = SampleLibrary(entries: [
    markdown(
      "field/needletail.md", "White-throated needletail", tags: ["swifts", "flight"], modified: "2025-03-02T09:12:00Z",
      sections: [
        (
          "Speed",
          """
          In level flight the needletail is among the fastest of all birds. Flocks over the ridge were timed at more \
          than thirty metres a second, wings held like a drawn bow and hardly moving.
          """
        ),
        (
          "Feeding",
          """
          It feeds on the wing: flying ants, beetles and bees which rising air carries up before a storm. The gape is \
          wide and the bristles short, and a parent returns with a ball of several hundred insects.
          """
        ),
        (
          "Nesting",
          """
          Pairs breed in hollow trees. Lacking mud or leaves to build with, they scrape a shallow cup in the rotten wood \
          and lay their eggs on the bare floor of the hollow.
          """
        ),
      ]),
    markdown(
      "field/common-swift.md", "Common swift", tags: ["swifts", "migration"], modified: "2024-07-19T18:40:00Z",
      sections: [
        (
          "Life on the wing",
          """
          Apart from nesting, a common swift spends its life in flight. Loggers on nineteen birds showed ten months in \
          the air without a landing of note; they even sleep on the wing, rising at dusk and drifting.
          """
        ),
        (
          "Migration",
          """
          The birds leave in early August and cross the desert at height. Most winter over the forests of the Congo and \
          come back by the western coast, following the rains and the insects these bring.
          """
        ),
      ]),
    markdown(
      "field/edible-nest-swiftlet.md", "Swiftlets and the dark", tags: ["swifts", "hearing"],
      modified: "2023-11-05T07:00:00Z",
      sections: [
        (
          "Echoes",
          """
          Swiftlets of some species find their way in dark caves by echo. Their clicks are low enough to be heard by \
          people, and coarse compared with those of bats: enough for a wall, not for a gnat.
          """
        ),
      ]),
    markdown(
      "methods/ringing.md", "How we ring birds", tags: ["methods"], modified: "2025-01-11T12:00:00Z",
      sections: [
        (
          "Nets",
          """
          Nets are opened half an hour before sunrise and checked every twenty minutes, more often when it is cold. A \
          bird that is caught is ringed, weighed, aged and let go within a quarter of an hour.
          """
        ),
        (
          "Records",
          """
          Each record has ring number, species, age, sex, wing length and weight. Records are typed in twice and \
          compared, because a wrong digit in a ring number makes two birds of one.
          """
        ),
      ]),
    plain(
      "methods/radar.txt", "Counting migration by radar", tags: ["methods", "migration"], modified: "2022-09-30T21:15:00Z",
      text: """
        Weather radar sees birds as well as rain. At night, when most small birds travel, the echoes rise like a bloom about \
        half an hour after sunset. Rain can be told apart because it moves with the wind, while birds fly \
        through it.

        The density times the speed gives the traffic across a line: birds per kilometre and hour.
        """),
    plain(
      "mail/2024-storm.eml", "Re: birds before the storm", type: "mail", tags: [], modified: "2024-06-03T16:22:00Z",
      text: """
        Hello both,

        yes, they were back an hour before the storm broke, perhaps two hundred, very low over the lake. The insects \
        had been pressed down and the swifts came with them. When the rain began they were gone within a minute.

        Greetings from the tower
        Mara
        """),
    plain(
      "code/wingbeat.py", "wingbeat.py", type: "code", tags: [], modified: "2025-02-20T10:05:00Z",
      text: """
        \"""Wing beats per second from a flight recording.\"""

        import numpy as np


        def wingbeat_frequency(signal, rate):
            spectrum = np.abs(np.fft.rfft(signal - signal.mean()))
            frequencies = np.fft.rfftfreq(len(signal), 1 / rate)
            return frequencies[spectrum.argmax()]  # flight speed follows from it

        """),
    plain(
      "reports/2021-count.pdf", "Count of 2021", type: "pdf", tags: ["migration"], modified: "2021-12-24T08:00:00Z",
      text: """
        In autumn 2021 we counted 48,210 migrating birds of 117 species on 61 mornings. Numbers of swifts were the \
        lowest since the counts began, those of wood pigeons the highest.
        """),
  ])

  /// A collection with nothing in it.
  static let empty = SampleLibrary(entries: [])

  /// More passages than fit on two pages, all matching "page".
  static let long = SampleLibrary(
    name: "long",
    entries: (1...25).map { number in
      plain("n/\(number).txt", "Note \(number)", tags: [], modified: "2020-01-01T00:00:00Z", text: "A page, number \(number).")
    })

  static func plain(
    _ path: String, _ title: String, type: String = "text", tags: [String], modified: String, text: String
  ) -> Entry {
    entry(
      Document(id: path, title: title, text: text, payload: payload(path, type: type, tags: tags, modified: modified)),
      passages: [Passage(ordinal: 0, byteRange: 0..<text.utf8.count)])
  }

  private static func markdown(
    _ path: String, _ title: String, tags: [String], modified: String, sections: [(heading: String, text: String)]
  ) -> Entry {
    var text = "# \(title)\n"
    var passages: [Passage] = []
    for section in sections {
      text += "\n## \(section.heading)\n\n"
      let start = text.utf8.count
      text += section.text + "\n"
      passages.append(
        Passage(ordinal: passages.count, byteRange: start..<text.utf8.count - 1, headings: [title, section.heading]))
    }
    let payload = payload(path, type: "markdown", tags: tags, modified: modified)
    return entry(Document(id: path, title: title, text: text, payload: payload), passages: passages)
  }

  private static func entry(_ document: Document, passages: [Passage]) -> Entry {
    Entry(document: document, passages: passages)
  }

  private static func payload(_ path: String, type: String, tags: [String], modified: String) -> Payload {
    var payload: Payload = [
      "path": .string(path), "folder": .string(path.split(separator: "/").dropLast().joined(separator: "/")),
      "type": .string(type), "modified": .string(modified), "size": 4321,
    ]
    if !tags.isEmpty { payload["tags"] = .array(tags.map { .string($0) }) }
    return payload
  }
}
