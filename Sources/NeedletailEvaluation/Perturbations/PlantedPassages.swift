public import NeedletailCore

/// Passages that somebody planted in a collection so that they come up.
public enum PlantedPassages {
  /// Reads a file of JSON objects, one a line, with `_id` and `text`.
  public static func read(_ path: String) throws(EvaluationError) -> [Document] {
    var passages: [Document] = []
    try RecordLines.forEach(of: path) { passages.append(Document(id: $0.id, title: $0.title, text: $0.text)) }
    return passages
  }
}
