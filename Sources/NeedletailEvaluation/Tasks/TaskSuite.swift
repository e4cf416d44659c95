internal import Foundation
internal import NeedletailCore

/// Tasks that belong together, as in a benchmark of many: several tasks make a data set, several data sets a type.
///
/// As a file:
/// ```json5
/// {
///   name: "memory",
///   tasks: [
///     { collection: "memory-locomo", name: "single-hop", dataset: "LoCoMo", type: "dialogue", measure: "nDCG@10",
///       candidates: "same:conversation", subset: { category: 4 }, documentText: "{time} | {text}", published: { dense: 36.02 } },
///   ],
/// }
/// ```
public struct TaskSuite: Decodable, Sendable {
  /// A task of a suite.
  public struct Member: Decodable, Sendable {
    /// The folder among the collections.
    public var collection: String
    public var name: String
    public var dataset: String
    public var type: String
    /// What is reported of it.
    public var measure: Measure
    /// How it is read.
    public var description: TaskDescription
    /// What others published, in hundredths, by the name of the system.
    public var published: [String: Double]

    private enum CodingKeys: String, CodingKey, CaseIterable { case collection, name, dataset, type, measure, published }

    public init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      let keys = try decoder.singleValueContainer().decode([String: JSONValue].self).keys
      if let unknown = keys.filter({ CodingKeys(stringValue: $0) == nil && !TaskDescription.keys.contains($0) }).min() {
        throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "the key `\(unknown)` is not known"))
      }
      collection = try container.decode(String.self, forKey: .collection)
      name = try container.decodeIfPresent(String.self, forKey: .name) ?? collection
      dataset = try container.decodeIfPresent(String.self, forKey: .dataset) ?? collection
      type = try container.decodeIfPresent(String.self, forKey: .type) ?? "retrieval"
      measure = try Measure.parse(try container.decodeIfPresent(String.self, forKey: .measure) ?? "nDCG@10")
      published = try container.decodeIfPresent([String: Double].self, forKey: .published) ?? [:]
      description = try TaskDescription(from: decoder)
    }
  }

  public var name: String
  public var tasks: [Member]

  /// Reads a file.
  public init(file path: String) throws(EvaluationError) {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw .missingFile(path: path, advice: "A suite is a JSON5 file with `name` and `tasks`.")
    }
    let decoder = JSONDecoder()
    decoder.allowsJSON5 = true
    do {
      self = try decoder.decode(Self.self, from: data)
    } catch let error as EvaluationError {
      throw error
    } catch {
      throw .malformedLine(path: path, line: 1, reason: RecordLines.reason(error))
    }
  }
}

/// Values of tasks, averaged as suites do: tasks within data sets first, data sets within types, types last, so that no data set counts more
/// for having been cut into more tasks.
public struct SuiteScores: Codable, Hashable, Sendable {
  /// The value of a task.
  public struct Score: Codable, Hashable, Sendable {
    public var task: String
    public var dataset: String
    public var type: String
    public var value: Double

    public init(task: String, dataset: String, type: String, value: Double) {
      (self.task, self.dataset, self.type, self.value) = (task, dataset, type, value)
    }
  }

  public var scores: [Score] = []

  public init() {}

  /// The mean of a data set over its tasks.
  public var datasetMeans: [String: Double] { means(scores.map { ($0.dataset, $0.value) }) }

  /// The mean of a type over its data sets.
  public var typeMeans: [String: Double] {
    let datasets = datasetMeans
    let types = Dictionary(scores.map { ($0.dataset, $0.type) }) { first, _ in first }
    return means(datasets.sorted { $0.key < $1.key }.map { (types[$0.key] ?? "", $0.value) })
  }

  /// The mean over data sets.
  public var meanOverDatasets: Double { Self.mean(datasetMeans.values.sorted()) }
  /// The mean over types.
  public var meanOverTypes: Double { Self.mean(typeMeans.values.sorted()) }

  private func means(_ pairs: [(String, Double)]) -> [String: Double] {
    Dictionary(grouping: pairs, by: \.0).mapValues { Self.mean($0.map(\.1)) }
  }

  private static func mean(_ values: [Double]) -> Double { values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count) }
}
