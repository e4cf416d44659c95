internal import Foundation
internal import NeedletailNumerics

/// A document whose structure is known: a title, and passages in sections.
public struct Page: Hashable, Sendable {
  /// A paragraph or so.
  public struct Passage: Hashable, Sendable {
    /// The heading it stands under; empty for the lead, which comes before the first heading.
    public var section: String
    public var text: String

    public init(section: String = "", text: String) {
      self.section = section
      self.text = text
    }
  }

  public var title: String
  public var passages: [Passage]

  public init(title: String = "", passages: [Passage]) {
    self.title = title
    self.passages = passages
  }

  /// Title and passages as texts to learn from, the title with the first.
  public var texts: [String] {
    passages.enumerated().map { $0.offset == 0 && !title.isEmpty ? title + "\n" + $0.element.text : $0.element.text }
  }
}

/// Reads pages: lines of a text file, or objects with `text` and perhaps `title` and `section`, such as a corpus in the layout of BEIR.
public enum PageReader {
  private struct Record: Decodable {
    var title: String?
    var section: String?
    var text: String
  }

  /// Reads a file, compressed by gzip or not, or the corpus of a directory in BEIR layout. Objects of one title are one page; lines without
  /// a title are pages of their own.
  ///
  /// - Parameters:
  ///   - path: the file or directory.
  ///   - linesPerPassage: how many lines without a title that follow each other make a passage, for files with a sentence a line.
  /// - Throws: a `TrainingError` that names file and line.
  public static func read(path: String, linesPerPassage: Int = 1) throws(TrainingError) -> [Page] {
    let candidates = [path + "/corpus.jsonl", path + "/corpus.jsonl.gz", path]
    var isFolder: ObjCBool = false
    let found = candidates.first { unsafe FileManager.default.fileExists(atPath: $0, isDirectory: &isFolder) && !isFolder.boolValue }
    guard let found else {
      throw .missingFile(path: path, advice: "Correct the `path` of the data in the recipe; it is relative to the recipe's folder.")
    }
    var pages: [Page] = []
    var places: [String: Int] = [:]
    let decoder = JSONDecoder()
    var joined = 0
    func takeUntitled(_ passage: Page.Passage) {
      if joined > 0, joined < linesPerPassage {
        pages[pages.count - 1].passages[0].text += "\n" + passage.text
        joined += 1
      } else {
        pages.append(Page(passages: [passage]))
        joined = 1
      }
    }
    do {
      var lines = try LineReader(path: found)
      while let line = try lines.next() {
        if line.isEmpty { continue }
        guard line.first == "{" else {
          takeUntitled(.init(text: line))
          continue
        }
        guard let record = try? decoder.decode(Record.self, from: Data(line.utf8)) else {
          throw TrainingError.malformedLine(path: found, line: lines.lineNumber, reason: "it is not a JSON object with a `text`")
        }
        let title = record.title ?? ""
        let passage = Page.Passage(section: record.section ?? "", text: record.text)
        if title.isEmpty {
          takeUntitled(passage)
          continue
        }
        joined = 0
        if let place = places[title] {
          pages[place].passages.append(passage)
        } else {
          places[title] = pages.count
          pages.append(Page(title: title, passages: [passage]))
        }
      }
    } catch let error as FileError {
      throw .file(error)
    } catch let error as TrainingError {
      throw error
    } catch {
      throw .unsuitableData(reason: "\(found) cannot be read: \(error)")
    }
    guard !pages.isEmpty else { throw .unsuitableData(reason: "\(found) holds no texts") }
    return pages
  }
}
