internal import Foundation
internal import NeedletailNumerics

/// All that a training needs to go on as if it had never stopped.
///
/// One file, replaced at once, so that a process that is killed leaves the old one or the new one.
struct Checkpoint {
  /// Steps taken.
  var step: Int
  /// Identifies the recipe.
  var recipe: String
  /// The digest of the model that the training began with, which still has the values that do not learn.
  var base: String
  /// Of all that learns.
  var values: [Float]
  var moments: [[Float]]
  var average: [Float]?
  /// The best values so far, with their measure and how many validations ago that was.
  var best: Best?
  /// For each query the negatives that the network found last.
  var minedNegatives: [[Int]]?
  /// Passages of the batches before, with their vectors.
  var memory: PassageMemory?

  struct Best {
    var values: [Float]
    var measure: Double
    var step: Int
  }

  func write(to path: String) throws(TrainingError) {
    func entry(_ name: String, _ values: [Float]) -> SafetensorsWriter.Entry { .init(name: name, shape: [values.count]) { values } }
    var entries = [entry("values", values)] + moments.enumerated().map { entry("moment.\($0)", $1) }
    if let average { entries.append(entry("average", average)) }
    var metadata = ["step": "\(step)", "recipe": recipe, "base": base]
    if let best {
      entries.append(entry("best", best.values))
      metadata["best_measure"] = "\(best.measure)"
      metadata["best_step"] = "\(best.step)"
    }
    // Numbers of passages are kept in two parts of 16 bits, which single precision holds exactly.
    func append(_ lists: [[Int]], as name: String) {
      entries.append(entry(name + ".counts", lists.map { Float($0.count) }))
      entries.append(entry(name + ".high", lists.joined().map { Float($0 >> 16) }))
      entries.append(entry(name + ".low", lists.joined().map { Float($0 & 0xffff) }))
    }
    if let minedNegatives { append(minedNegatives, as: "negatives") }
    if let memory {
      append(memory.passages, as: "memory")
      entries.append(entry("memory.vectors", Array(memory.vectors.joined())))
      metadata["memory_batches"] = "\(memory.capacity)"
    }
    do {
      try SafetensorsWriter.write(entries, metadata: metadata, to: path)
    } catch {
      throw .file(error)
    }
  }

  /// Reads a checkpoint; nil if there is none.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - recipe: the recipe that it has to belong to.
  ///   - base: the digest of the model that it has to have begun with.
  ///   - count: entries of the store of parameters.
  ///   - momentCounts: entries of the optimiser's moments.
  static func read(
    _ path: String, recipe: String, base: String, count: Int, momentCounts: [Int]
  ) throws(TrainingError) -> Checkpoint? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    let file: SafetensorsFile
    do {
      file = try SafetensorsFile(path: path)
    } catch {
      throw .checkpoint(path: path, reason: "the checkpoint cannot be read (\(error))")
    }
    guard file.metadata["recipe"] == recipe else {
      throw .checkpoint(path: path, reason: "the checkpoint was written by another recipe")
    }
    // older checkpoints do not say what they began with
    guard (file.metadata["base"] ?? base) == base else {
      throw .checkpoint(path: path, reason: "the model that the training began with has changed since the checkpoint was written")
    }
    func floats(_ name: String, count: Int) throws(TrainingError) -> [Float]? {
      guard let tensor = file.tensor(named: name) else { return nil }
      guard tensor.count == count else { throw .checkpoint(path: path, reason: "the checkpoint belongs to another network") }
      return file.floats(tensor)
    }
    guard let step = file.metadata["step"].flatMap({ Int($0) }), let values = try floats("values", count: count) else {
      throw .checkpoint(path: path, reason: "the checkpoint lacks its step or its values")
    }
    var moments: [[Float]] = []
    for (index, count) in momentCounts.enumerated() {
      guard let moment = try floats("moment.\(index)", count: count) else {
        throw .checkpoint(path: path, reason: "the checkpoint belongs to another optimiser")
      }
      moments.append(moment)
    }
    var checkpoint = Checkpoint(
      step: step, recipe: recipe, base: base, values: values, moments: moments, average: try floats("average", count: count))
    if let values = try floats("best", count: count), let measure = file.metadata["best_measure"].flatMap({ Double($0) }),
      let step = file.metadata["best_step"].flatMap({ Int($0) })
    {
      checkpoint.best = Best(values: values, measure: measure, step: step)
    }
    checkpoint.minedNegatives = lists("negatives", in: file)
    checkpoint.memory = memory(in: file)
    return checkpoint
  }

  private static func memory(in file: SafetensorsFile) -> PassageMemory? {
    guard let capacity = file.metadata["memory_batches"].flatMap({ Int($0) }), let passages = lists("memory", in: file),
      passages.count <= capacity, let tensor = file.tensor(named: "memory.vectors")
    else { return nil }
    let values = file.floats(tensor)
    let count = passages.reduce(0) { $0 + $1.count }
    guard count > 0 || values.isEmpty, values.count.isMultiple(of: max(1, count)) else { return nil }
    let dimension = values.count / max(1, count)
    var memory = PassageMemory(capacity: capacity)
    var first = 0
    for batch in passages {
      memory.append(passages: batch, vectors: Array(values[first..<first + batch.count * dimension]))
      first += batch.count * dimension
    }
    return memory
  }

  private static func lists(_ name: String, in file: SafetensorsFile) -> [[Int]]? {
    func numbers(_ name: String) -> [Int]? {
      file.tensor(named: name).map { file.floats($0).compactMap { Int(exactly: $0) } }
    }
    guard let counts = numbers(name + ".counts"), let high = numbers(name + ".high"), let low = numbers(name + ".low"),
      counts.allSatisfy({ (0...low.count).contains($0) }), counts.reduce(0, +) == low.count, high.count == low.count
    else { return nil }
    var first = 0
    return counts.map { count in
      defer { first += count }
      return (first..<first + count).map { high[$0] << 16 | low[$0] }
    }
  }
}
