internal import Foundation

extension KeywordTopic {
  /// Reads topics from a JSON object of names with lists of keywords; sorted by name.
  ///
  /// - Throws: `missingFile` if it cannot be read, `malformedFile` if it is anything else.
  public static func read(path: String) throws(ModelError) -> [KeywordTopic] {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw .missingFile(path: path, advice: "Name a JSON file of topics with their keywords.")
    }
    guard let topics = try? JSONDecoder().decode([String: [String]].self, from: data), !topics.isEmpty else {
      throw .invalidRequest(
        reason: "\(path) is not a JSON object of topics with lists of keywords, such as {\"sport\": [\"league\", \"coach\"]}.")
    }
    return topics.sorted { $0.key < $1.key }.map { KeywordTopic(name: $0.key, keywords: $0.value) }
  }
}
