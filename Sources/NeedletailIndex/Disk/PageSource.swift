internal import NeedletailNumerics
internal import Synchronization

/// Where the pages of an index are: in a file that is read, or, until the index is written, in memory.
final class PageSource: Sendable {
  let layout: PageLayout
  let placeCount: Int
  /// All pages, for writing them again. Mapped from a file they take no memory as long as nobody looks.
  let region: Region
  private let reader: BlockReader?
  private let path: String
  private let start: Int
  private let reads = Atomic<Int>(0)

  /// Pages in memory.
  init(_ region: Region, _ layout: PageLayout, placeCount: Int) {
    self.region = region
    self.layout = layout
    self.placeCount = placeCount
    reader = nil
    path = "the index in memory"
    start = 0
  }

  /// Pages in a file, from byte `start` on.
  init(_ region: Region, _ layout: PageLayout, placeCount: Int, path: String, start: Int) throws(IndexError) {
    self.region = region
    self.layout = layout
    self.placeCount = placeCount
    self.path = path
    self.start = start
    do throws(FileError) { reader = try BlockReader(path: path) } catch { throw .file(error) }
  }

  var isFile: Bool { reader != nil }

  /// How pages are read: `rings`, `threads`, or `memory` before the index was written.
  var method: String { reader?.method.rawValue ?? "memory" }

  /// How many pages were read since the source was made.
  var readCount: Int { reads.load(ordering: .relaxed) }

  var pageCount: Int { layout.pageCount(placeCount: placeCount) }

  /// Reads pages, one behind the other into `target`, all of them under way together.
  ///
  /// - Throws: `corrupted` for a page that is not what was written.
  func read(_ pages: [Int], into target: UnsafeMutableRawPointer) throws(IndexError) {
    reads.add(pages.count, ordering: .relaxed)
    if let reader {
      let requests = pages.enumerated().map { place, page in
        unsafe BlockReader.Request(
          offset: start + page * layout.pageBytes, byteCount: layout.pageBytes, into: target + place * layout.pageBytes)
      }
      do throws(FileError) { try reader.read(requests) } catch { throw .file(error) }
    } else {
      for (place, page) in pages.enumerated() {
        unsafe (target + place * layout.pageBytes).copyMemory(
          from: region.bytes.baseAddress! + page * layout.pageBytes, byteCount: layout.pageBytes)
      }
    }
    for (place, page) in pages.enumerated()
    where unsafe !layout.isSound(target + place * layout.pageBytes, number: page, placeCount: placeCount) {
      throw damage("the checksum of page \(page) is wrong")
    }
  }

  func damage(_ reason: String) -> IndexError { .corrupted(path: path, reason: reason) }
}
