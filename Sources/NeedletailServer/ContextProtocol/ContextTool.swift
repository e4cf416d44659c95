internal import NeedletailPoints

/// What a language model may do with the collections.
enum ContextTool: String, CaseIterable, Sendable {
  case search, similar, store

  private var summary: String {
    switch self {
    case .search: "Finds passages of the indexed documents that answer a question, best first, each with the id of its document."
    case .similar: "Finds the documents most like one, given its id."
    case .store: "Keeps a text so that later searches find it."
    }
  }

  /// Name, meaning and whether it has to be given, of each text argument.
  private var texts: [(name: String, meaning: String, isRequired: Bool)] {
    let collection = ("collection", "The collection; the standard one if absent.", false)
    let filter = ("filter", "A condition such as type:pdf or year>=2020.", false)
    return switch self {
    case .search: [("query", "The question, in words.", true), collection, filter]
    case .similar: [("id", "The id of a document, as search answers have it.", true), collection, filter]
    case .store: [("text", "What to keep.", true), ("title", "What it is about, in a few words.", false), ("id", "A name; the same name replaces.", false), collection]
    }
  }

  func write(_ writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("name") { $0.string(rawValue) }
      writer.member("description") { $0.string(summary) }
      writer.member("inputSchema") { writer in
        writer.object { writer in
          writer.member("type") { $0.string("object") }
          writer.member("properties") { $0.object(properties) }
          writer.member("required") { writer in writer.array { writer in for text in texts where text.isRequired { writer.string(text.name) } } }
        }
      }
    }
  }

  private func properties(_ writer: inout JSONWriter) {
    for text in texts {
      writer.member(text.name) { writer in
        writer.object { writer in
          writer.member("type") { $0.string("string") }
          writer.member("description") { $0.string(text.meaning) }
        }
      }
    }
    guard self != .store else { return }
    writer.member("limit") { writer in
      writer.object { writer in
        writer.member("type") { $0.string("integer") }
        writer.member("description") { $0.string("How many answers, 1 to 50.") }
        writer.member("default") { $0.integer(5) }
      }
    }
  }
}
