internal import Foundation
internal import NeedletailIndex
internal import NeedletailNumerics

/// Makes attributes of the eleven kinds that arXiv papers have, with their skews, for vectors that have none.
///
/// The kinds, the part of papers with a comment and the use of the attributes follow Iff et al., "Benchmarking filtered
/// approximate nearest neighbor search algorithms on transformer-based embedding vectors", 2025, section 4. The
/// parameters of the distributions are ours, read off 40,000 real records: names follow Zipf's law, the number of
/// versions is geometric, dates become denser towards the present, main categories follow from sub-categories.
public struct AttributeGenerator: Sendable {
  /// The number of rows.
  public let count: Int
  /// The same seed makes the same attributes.
  public let seed: UInt64

  public init(count: Int, seed: UInt64) {
    self.count = count
    self.seed = seed
  }

  private static let names = ["cs", "math", "stat", "physics", "q-bio", "eess", "econ"]

  /// The eleven attributes, by their names in the paper.
  public func table() -> AttributeTable {
    var generator = SeededGenerator(seed: seed)
    var table = AttributeTable(count: count)
    let people = ZipfSampler(count: max(1, count), exponent: 0.6)
    let subjects = ZipfSampler(count: 120, exponent: 1)
    let licences = ZipfSampler(count: 9, exponent: 2)
    let authors = (0..<count).map { _ in
      (0..<authorCount(&generator)).map { _ in people.next(&generator) }
    }
    let subjectSets = (0..<count).map { _ in
      Array(Set((0..<geometric(1.7, atMost: 7, &generator)).map { _ in subjects.next(&generator) })).sorted()
    }
    let mainSets = subjectSets.map { set in Array(Set(set.map { $0 % Self.names.count })).sorted() }
    table.add("submitter", AttributeTable.column(authors.map { ["person \($0.first ?? 0)"] }))
    table.add("has_comment", AttributeTable.column((0..<count).map { _ in
      [Double.random(in: 0..<1, using: &generator) < 0.742 ? "true" : "false"]
    }))
    table.add("number_of_main_categories", .numbers(mainSets.map { Double($0.count) }))
    table.add("main_categories", AttributeTable.column(mainSets.map { $0.map { Self.names[$0] } }))
    table.add("number_of_sub_categories", .numbers(subjectSets.map { Double($0.count) }))
    table.add("sub_categories", AttributeTable.column(subjectSets.map { set in
      set.map { "\(Self.names[$0 % Self.names.count]).\($0)" }
    }))
    table.add("license", AttributeTable.column((0..<count).map { _ in ["licence \(licences.next(&generator))"] }))
    table.add("number_of_versions", .numbers((0..<count).map { _ in Double(geometric(1.6, atMost: 20, &generator)) }))
    table.add("update_date", .numbers((0..<count).map { _ in
      // Denser towards the end: the number of papers a year grows.
      8_000 + (12_000 * Double.random(in: 0..<1, using: &generator).squareRoot()).rounded()
    }))
    table.add("number_of_authors", .numbers(authors.map { Double($0.count) }))
    table.add("authors", AttributeTable.column(authors.map { Array(Set($0)).sorted().map { "person \($0)" } }))
    return table
  }

  private func authorCount(_ generator: inout SeededGenerator) -> Int { geometric(3.2, atMost: 40, &generator) }

  /// A number from 1, geometric with a mean.
  private func geometric(_ mean: Double, atMost limit: Int, _ generator: inout SeededGenerator) -> Int {
    var number = 1
    while number < limit, Double.random(in: 0..<1, using: &generator) > 1 / mean { number += 1 }
    return number
  }
}

/// Draws numbers with probabilities proportional to `1 / (number + 1)^exponent`.
struct ZipfSampler {
  private let cumulative: [Double]

  init(count: Int, exponent: Double) {
    var sum = 0.0
    cumulative = (0..<count).map { number in
      sum += pow(Double(number + 1), -exponent)
      return sum
    }
  }

  func next(_ generator: inout SeededGenerator) -> Int {
    let wanted = Double.random(in: 0..<(cumulative.last ?? 1), using: &generator)
    var low = 0
    var high = cumulative.count - 1
    while low < high {
      let middle = (low + high) / 2
      if cumulative[middle] <= wanted { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
