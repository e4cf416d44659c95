internal import Foundation
internal import NeedletailNumerics

/// The file `vocabulary.tsv` of a saved model: a word and its count in each line, the most frequent first.
enum VocabularyFile {
  static let fileName = "vocabulary.tsv"
  private static let largestCount = 1_000_000_000_000

  static func write(_ vocabulary: WordVocabulary, folder: String) throws(ModelError) {
    let lines = zip(vocabulary.words, vocabulary.counts).map { "\($0)\t\($1)\n" }.joined()
    do throws(FileError) {
      try AtomicFile.write(to: folder + "/" + fileName) { writer throws(FileError) in try writer.write(Array(lines.utf8)) }
    } catch {
      throw .file(error)
    }
  }

  static func read(folder: String) throws(ModelError) -> WordVocabulary {
    let path = folder + "/" + fileName
    var words: [String] = []
    var counts: [Int] = []
    var known: Set<String> = []
    do throws(FileError) {
      var lines = try LineReader(path: path, maximumLineByteCount: 1 << 16)
      while let line = try lines.next() {
        let parts = line.split(separator: "\t", omittingEmptySubsequences: false)
        guard parts.count == 2, let count = Int(parts[1]), (1...largestCount).contains(count), count <= counts.last ?? .max else {
          throw FileError.malformed(
            path: path, offset: 0, reason: "line \(lines.lineNumber) is not a word and a count that is not above the one before")
        }
        guard known.insert(String(parts[0])).inserted else {
          throw FileError.malformed(path: path, offset: 0, reason: "line \(lines.lineNumber) repeats the word \(parts[0])")
        }
        words.append(String(parts[0]))
        counts.append(count)
      }
    } catch {
      throw .file(error)
    }
    guard words.count >= 2 else { throw .malformedFile(path: path, reason: "it has fewer than two words") }
    return WordVocabulary(words: words, counts: counts)
  }
}
