/// Stand-in until the retrieval room has landed.
public enum SearchMode: String, CaseIterable, Codable, Sendable {
  case dense, lexical, hybrid
}
