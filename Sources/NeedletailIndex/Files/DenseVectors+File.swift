public import NeedletailCore
internal import NeedletailNumerics

extension DenseVectors {
  /// Reads vectors from a file that `VectorFile` knows: `.fvecs`, `.bvecs`, `.fbin`, `.npy` and others.
  ///
  /// - Parameters:
  ///   - path: the file; its ending says the format.
  ///   - limit: at most this many rows, from the front.
  /// - Throws: `IndexError.file` if it cannot be opened or its contents are not what its ending promises.
  public init(contentsOf path: String, limit: Int = .max) throws(IndexError) {
    do throws(FileError) {
      let file = try VectorFile(path: path)
      self.init(dimension: file.dimension, values: file.floats(rows: 0..<max(0, min(limit, file.count))))
    } catch {
      throw .file(error)
    }
  }

  /// Writes the rows to a file; its ending says in which format: `.fvecs`, `.fbin` or `.npy`.
  public func write(to path: String) throws(IndexError) {
    do throws(FileError) {
      try VectorFile.write(values, dimension: dimension, to: path)
    } catch {
      throw .file(error)
    }
  }
}
