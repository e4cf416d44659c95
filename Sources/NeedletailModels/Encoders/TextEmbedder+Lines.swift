public import NeedletailCore
internal import NeedletailNumerics

/// What came of a file of texts.
public struct EmbeddedLinesReport: Codable, Hashable, Sendable {
  public var texts: Int
  /// Components of a vector.
  public var dimension: Int
  public var seconds: Double
}

extension TextEmbedder {
  /// Embeds the texts of a file, a JSON object to a line with `_id`, `text` and perhaps `title` (also compressed by gzip).
  ///
  /// The result is a file of vectors, a row for each text, in order; its ending says in which format (`.fvecs`, `.fbin`, `.npy`). It
  /// appears complete or not at all. All vectors are in memory until then.
  ///
  /// - Parameters:
  ///   - path: the texts.
  ///   - target: the file to write.
  ///   - role: what the texts are.
  ///   - textsAtATime: texts whose lengths are evened out together.
  ///   - progress: told how many texts are done.
  /// - Returns: how many vectors of how many components were written, and the time it took.
  /// - Throws: `ModelError` with file and line, also where there is no text; `CancellationError` when the task is cancelled.
  public func encode(
    linesOf path: String, to target: String, as role: Role, textsAtATime: Int = 1_024, progress: (Int) -> Void = { _ in }
  ) async throws -> EmbeddedLinesReport {
    let clock = ContinuousClock()
    let start = clock.now
    do {
      // before the work, not after it
      guard VectorFile.isWritable(target) else {
        throw ModelError.malformedFile(path: target, reason: "vectors are written to .fvecs, .fbin or .npy: choose another ending")
      }
      var texts = try TextRecords(path: path)
      var pending: [String] = []
      var values: [Float] = []
      var isComplete = false
      while !isComplete {
        if let text = try texts.next() { pending.append(text.text) } else { isComplete = true }
        guard pending.count == textsAtATime || isComplete else { continue }
        values += try await encode(pending, as: role).values
        pending.removeAll(keepingCapacity: true)
        progress(values.count / profile.dimension)
      }
      guard !values.isEmpty else { throw ModelError.malformedFile(path: path, reason: "it holds no text to embed") }
      try VectorFile.write(values, dimension: profile.dimension, to: target)
      return EmbeddedLinesReport(
        texts: values.count / profile.dimension, dimension: profile.dimension, seconds: (clock.now - start) / .seconds(1))
    } catch let error as FileError {
      throw ModelError.file(error)
    }
  }
}
