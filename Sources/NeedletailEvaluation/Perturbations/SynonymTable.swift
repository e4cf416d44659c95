internal import Foundation

/// Words of the same meaning, for variations of questions.
public enum SynonymTable {
  /// Reads lines of words separated by tabs, commas or white space; those of a line are synonyms of each other. Lower case is enough; `#`
  /// begins a remark.
  public static func read(_ path: String) throws(EvaluationError) -> [String: [String]] {
    var synonyms: [String: [String]] = [:]
    var lines = try TextLines(of: path)
    while let line = try lines.next() {
      guard !line.hasPrefix("#") else { continue }
      add(line.lowercased().split { $0 == "," || $0.isWhitespace }.map(String.init), to: &synonyms)
    }
    return synonyms
  }

  /// Reads the data files of WordNet 3 in a folder (`data.noun`, `data.verb`, `data.adj`, `data.adv`; of them those that are there): the
  /// single words of a set of synonyms.
  ///
  /// - Throws: `missingFile` if none of them is there, `malformedLine` for a line that is none of the format.
  public static func readWordNet(folder: String) throws(EvaluationError) -> [String: [String]] {
    var synonyms: [String: [String]] = [:]
    var found = false
    for part in ["noun", "verb", "adj", "adv"] {
      guard let path = TaskFolder.file(["data.\(part)"], in: folder) else { continue }
      found = true
      var lines = try TextLines(of: path)
      while let line = try lines.next() {
        // The licence stands before the data, on lines that begin with spaces.
        if line.hasPrefix(" ") || line.isEmpty { continue }
        let fields = line.split(separator: " ")
        guard fields.count > 4, let count = Int(fields[3], radix: 16), fields.count >= 4 + 2 * count else {
          throw lines.malformed("it is no set of synonyms")
        }
        let words = (0..<count).map { fields[4 + 2 * $0].lowercased() }
        add(words.filter { $0.allSatisfy(\.isLetter) }, to: &synonyms)
      }
    }
    guard found else { throw .missingFile(path: folder + "/data.noun", advice: "Name the folder with the data files of WordNet 3.") }
    return synonyms
  }

  private static func add(_ words: [String], to synonyms: inout [String: [String]]) {
    for word in words {
      for other in words where other != word && synonyms[word]?.contains(other) != true { synonyms[word, default: []].append(other) }
    }
  }
}
