internal import Foundation
public import NeedletailCore
internal import NeedletailNumerics

extension SparseEmbedder {
  /// What came of a file of texts.
  public struct LinesReport: Codable, Hashable, Sendable {
    public var texts: Int
    /// Terms with a weight, on average.
    public var termsPerText: Double
    public var seconds: Double
  }

  private static let textsAtATime = 256

  /// Weighs the terms of the texts of a file, a JSON object to a line with `_id`, `text` and perhaps `title` (also compressed by gzip).
  ///
  /// The result has a line `{"_id": "7", "vector": {"fish": 1.2}}` for each text, in order, and appears complete or not at all.
  ///
  /// - Parameters:
  ///   - path: the texts.
  ///   - target: the file to write.
  ///   - role: what the texts are.
  ///   - terms: how many of a text's terms are kept, the heaviest, of equal ones those with the lowest number; nil keeps all.
  ///   - progress: told how many texts are done.
  /// - Throws: `ModelError` with file and line; `CancellationError` when the task is cancelled.
  public func encode(
    linesOf path: String, to target: String, as role: Role, terms: Int? = nil, progress: (Int) -> Void = { _ in }
  ) throws -> LinesReport {
    let clock = ContinuousClock()
    let start = clock.now
    var report = LinesReport(texts: 0, termsPerText: 0, seconds: 0)
    var result: [UInt8] = []
    var pending: [(id: String, text: String)] = []
    func flush() throws {
      let vectors = try encodeNow(pending.map(\.text), as: role)
      for (row, text) in pending.enumerated() {
        let kept = terms.map(vectors[row].keepingHeaviest) ?? vectors[row]
        let entries = Array(zip(kept.terms, kept.weights))
        report.termsPerText += Double(entries.count)
        result += try line(id: text.id, entries)
      }
      report.texts += pending.count
      pending.removeAll(keepingCapacity: true)
      progress(report.texts)
    }
    do {
      var texts = try TextRecords(path: path)
      while let text = try texts.next() {
        pending.append(text)
        if pending.count == Self.textsAtATime { try flush() }
      }
      try flush()
      try AtomicFile.write(to: target) { (writer) throws(FileError) in try writer.write(result) }
    } catch let error as FileError {
      throw ModelError.file(error)
    }
    report.termsPerText /= Double(max(1, report.texts))
    report.seconds = (clock.now - start) / .seconds(1)
    return report
  }

  private func line(id: String, _ entries: [(UInt32, Float)]) throws -> [UInt8] {
    var vector: [String: JSONValue] = [:]
    // the shortest decimal that is the same number in single precision
    for (number, weight) in entries { vector[term(number) ?? "\(number)"] = .number(Double("\(weight)") ?? Double(weight)) }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(JSONValue.object(["_id": .string(id), "vector": .object(vector)]))) + [UInt8(ascii: "\n")]
  }
}
