internal import NeedletailNumerics

/// Files of nearest neighbours: one list of row numbers for each query (.ivecs, .ibin, .npy).
public enum NeighbourFile {
  /// Reads the lists.
  ///
  /// - Throws: `IndexError.file` if the file cannot be opened, or holds something that is no row number.
  public static func read(_ path: String) throws(IndexError) -> [[Row]] {
    do throws(FileError) { return try VectorFile(path: path).rowNumbers() } catch { throw .file(error) }
  }

  /// Writes the rows that were found. Lists of different lengths are cut to the shortest.
  public static func write(_ answers: [[Neighbour]], to path: String) throws(IndexError) {
    let shortest = answers.map(\.count).min() ?? 0
    do throws(FileError) {
      try VectorFile.write(answers.map { $0.prefix(shortest).map(\.row) }, to: path)
    } catch {
      throw .file(error)
    }
  }
}
