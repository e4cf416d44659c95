/// How an index keeps its vectors.
public enum VectorCodecKind: String, Codable, Sendable, CaseIterable {
  /// As they are given: 4 bytes a component.
  case float32
  /// Rounded to binary16: 2 bytes a component. Scores are those of the rounded vectors.
  case float16
  /// Codes of 8 bits steer the search, binary16 vectors give the scores: 3 bytes a component, of which a search reads
  /// little more than one. The fastest.
  case int8
}
