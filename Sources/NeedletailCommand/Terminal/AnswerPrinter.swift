internal import Needletail

/// Prints ranked answers for a person.
struct AnswerPrinter {
  let terminal: Terminal
  let explains: Bool

  func show(_ response: SearchResponse) {
    if response.answers.isEmpty { terminal.write("Nothing found.\n") }
    for (index, answer) in response.answers.enumerated() { show(answer, rank: index + 1) }
    let seconds = response.explanation.stages.reduce(0) { $0 + $1.seconds }
    terminal.write(terminal.styled(
      "\(Units.count(response.answers.count, "answer")) in \(Units.duration(seconds: seconds))", .dim) + "\n")
    if explains { show(response.explanation) }
  }

  private func show(_ answer: Answer, rank: Int) {
    let title = answer.title.isEmpty ? answer.document : answer.title
    let place = ([answer.document] + answer.headings).joined(separator: " › ")
    terminal.write("""
      \(terminal.styled("\(rank).", .bold)) \(terminal.styled(title.withoutControlCharacters, .bold, .cyan))\
        \(terminal.styled(Units.fixed(answer.score, 4), .dim))
         \(terminal.styled(place.withoutControlCharacters, .dim))
         \(highlighted(answer.snippet))

      """)
    guard explains else { return terminal.write("\n") }
    let reasons = answer.contributions.map { "\($0.source) rank \($0.rank) (\(Units.fixed($0.score, 4)))" }
    terminal.write("   \(terminal.styled("why: " + reasons.joined(separator: ", "), .dim))\n\n")
  }

  /// The snippet on one line, its matches emphasised.
  private func highlighted(_ snippet: Snippet) -> String {
    let bytes = Array(snippet.text.utf8)
    var text = ""
    var position = 0
    for range in snippet.highlights {
      text += plain(bytes[position..<range.lowerBound])
      text += terminal.styled(plain(bytes[range]), .highlight)
      position = range.upperBound
    }
    return text + plain(bytes[position...])
  }

  /// White space of any kind and amount is one space.
  private func plain(_ bytes: ArraySlice<UInt8>) -> String {
    var text = ""
    for character in String(decoding: bytes, as: UTF8.self).withoutControlCharacters {
      if !character.isWhitespace {
        text.append(character)
      } else if text.last != " " {
        text.append(" ")
      }
    }
    return text
  }

  private func show(_ explanation: Explanation) {
    var table = Table([("stage", .left), ("time", .right), ("candidates", .right), ("contribution", .left)])
    for stage in explanation.stages {
      table.add([stage.name, Units.duration(seconds: stage.seconds), Units.count(stage.candidates), stage.detail?.withoutControlCharacters ?? ""])
    }
    terminal.write("\n" + table.rendered(for: terminal))
  }
}
