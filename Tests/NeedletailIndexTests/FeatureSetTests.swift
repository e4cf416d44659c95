import Foundation
import NeedletailCore
import NeedletailIndex
import NeedletailNumerics
import Testing

@Suite struct MatchKernelTests {
  @Test func hasTheValuesOfTheReference() {
    let kernel = MatchKernel(radius: 120)
    for (share, worth) in [(0.1, 0.8354), (0.25, 0.6479), (0.5, 0.3852), (0.75, 0.1651), (0.9, 0.0553)] {
      #expect(abs(kernel.worth(at: share * 120) - worth) < 1e-4)
    }
    #expect(kernel.worth(at: 0) == 1 && kernel.worth(at: 120) == 0)
    let samples = (0...1000).map { kernel.worth(at: Double($0) * 0.12) }
    #expect(zip(samples, samples.dropFirst()).allSatisfy { $0 > $1 })
    #expect(abs(kernel.worth(at: kernel.distance(worth: 0.01)) - 0.01) < 1e-9)
    #expect(abs(kernel.distance(worth: 1e-6) - 119.99886) < 1e-4)
  }

  @Test func goesThroughTheRadiiOfTheReference() {
    let radii = MatchKernel(radius: 120).radii(from: 28.28296718361788, ratio: 1 + 0.165939651397022 * 0.25)
    #expect(radii.count == 36)
    #expect(abs(radii[35] - 117.32198) < 1e-4)
  }
}

@Suite struct FeatureSetIndexTests {
  private static func sample(_ items: Int, features: Int, dimension: Int, seed: UInt64) -> TokenVectors {
    var generator = SeededGenerator(seed: seed)
    var sets = TokenVectors(dimension: dimension)
    for _ in 0..<items { sets.append((0..<Int.random(in: 0...2 * features, using: &generator) * dimension).map { _ in Float.random(in: -1...1, using: &generator) }) }
    return sets
  }

  /// The score as it is written down.
  private static func score(_ query: [Float], _ item: [Float], _ kernel: MatchKernel, dimension: Int) -> Double {
    let features = stride(from: 0, to: query.count, by: dimension).map { q -> Double in
      let distances = stride(from: 0, to: item.count, by: dimension).map { p in
        (0..<dimension).reduce(0.0) { $0 + pow(Double(query[q + $1]) - Double(item[p + $1]), 2) }.squareRoot()
      }
      return distances.min().map { kernel.worth(at: $0) } ?? 0
    }
    return features.reduce(0, +) / Double(features.count)
  }

  @Test(arguments: 0..<10) func scoresAreTheDefinitionAndTheTreeAgrees(seed: UInt64) throws {
    let dimension = 16
    let items = Self.sample(50, features: 20, dimension: dimension, seed: seed)
    let query = Array(Self.sample(1, features: 30, dimension: dimension, seed: seed + 100).values) + [Float](repeating: 0.1, count: dimension)
    let kernel = MatchKernel(radius: 2.4)
    let index = try FeatureSetIndex(items, kernel: kernel)
    let found = try index.search(query, limit: 50)
    for neighbour in found {
      #expect(abs(Double(neighbour.score) - Self.score(query, Array(items[Int(neighbour.row)]), kernel, dimension: dimension)) < 1e-5)
    }
    let tree = try ColoredBallTree(index).search(query, limit: 50)
    #expect(Dictionary(uniqueKeysWithValues: tree.map { ($0.row, $0.score) }).keys == Dictionary(uniqueKeysWithValues: found.map { ($0.row, $0.score) }).keys)
    let scores = Dictionary(uniqueKeysWithValues: tree.map { ($0.row, $0.score) })
    for neighbour in found { #expect(abs((scores[neighbour.row] ?? -1) - neighbour.score) < 1e-5) }
  }

  /// Grids against the exact score: 300 base features, 50 items of 40, half of the query from one of them.
  @Test(arguments: [1, 2, 3] as [UInt64]) func gridsRankAsDistancesDo(seed: UInt64) throws {
    let dimension = 16
    var generator = SeededGenerator(seed: seed)
    let bases = (0..<300).map { _ in (0..<dimension).map { _ in Float(TokenSamples.gaussian(&generator)) } }
    func noisy(_ base: [Float]) -> [Float] { base.map { $0 + 0.2 * Float(TokenSamples.gaussian(&generator)) } }
    var items = TokenVectors(dimension: dimension)
    for _ in 0..<50 { items.append((0..<40).flatMap { _ in noisy(bases.randomElement(using: &generator) ?? []) }) }
    let source = Array(items[7])
    var query = (0..<30).flatMap { noisy(Array(source[$0 * dimension..<($0 + 1) * dimension])) }
    query += (0..<30).flatMap { _ in noisy(bases.randomElement(using: &generator) ?? []) }
    let index = try FeatureSetIndex(items, kernel: MatchKernel(radius: 4))
    let exact = try index.search(query, limit: 50)
    let grids = try RandomGrids(index, parameters: .init(near: 0.4, ratio: 1.124, seed: seed)).search(query, limit: 50)
    #expect(exact.first?.row == 7 && grids.first?.row == 7)
    #expect(Set(exact.prefix(10).map(\.row)).intersection(grids.prefix(10).map(\.row)).count >= 5)
  }

  @Test func theSameFeatureSharesACellAtTheFirstRadius() throws {
    var items = TokenVectors(dimension: 8)
    items.append([0.1, -0.2, 0.3, 0.4, -0.5, 0.6, 0.7, -0.8])
    items.append([Float](repeating: 50, count: 8))
    let index = try FeatureSetIndex(items, kernel: MatchKernel(radius: 2))
    let found = try RandomGrids(index, parameters: .init(near: 0.5)).search(Array(items[0]), limit: 2)
    // Nothing of the far item: it lies beyond the largest cell.
    #expect(found.map(\.row) == [0])
    #expect(abs(Double(found[0].score) - MatchKernel(radius: 2).worth(at: 0.5)) < 1e-6)
  }

  /// Grids beyond the farthest distance are not made; what is found within it is worth the same.
  @Test func gridsEndAtTheFarthestDistance() throws {
    let items = Self.sample(10, features: 8, dimension: 8, seed: 31)
    let index = try FeatureSetIndex(items, kernel: MatchKernel(radius: 2))
    let whole = try RandomGrids(index, parameters: .init(near: 0.4))
    let part = try RandomGrids(index, parameters: .init(near: 0.4, farthest: 0.9))
    #expect(part.radiusCount < whole.radiusCount && part.radiusCount == MatchKernel(radius: 2).radii(from: 0.4, ratio: 1.13).count { $0 <= 0.9 })
    let query = Array(items[4])
    let (first, second) = (try whole.search(query, limit: 10), try part.search(query, limit: 10))
    #expect(first.first == second.first && first.first?.row == 4)
    for neighbour in second { #expect((first.first { $0.row == neighbour.row }?.score ?? 0) >= neighbour.score) }
    #expect(throws: IndexError.self) { try RandomGrids(index, parameters: .init(near: 0.4, farthest: 0.3)) }
    #expect(throws: IndexError.self) { try RandomGrids(index, parameters: .init(near: 0.4, farthest: .nan)) }
  }

  /// An item counts once for each feature, however many of its features match.
  @Test func copiesOfFeaturesChangeNothing() throws {
    let items = Self.sample(20, features: 10, dimension: 8, seed: 21)
    var copied = TokenVectors(dimension: 8)
    for item in 0..<20 { copied.append(item == 3 ? [[Float]](repeating: Array(items[item]), count: 10).flatMap { $0 } : Array(items[item])) }
    let query = Array(Self.sample(1, features: 12, dimension: 8, seed: 22).values) + [Float](repeating: 0, count: 8)
    let kernel = MatchKernel(radius: 2)
    let (first, second) = (try FeatureSetIndex(items, kernel: kernel), try FeatureSetIndex(copied, kernel: kernel))
    #expect(try first.search(query, limit: 20) == second.search(query, limit: 20))
    #expect(try ColoredBallTree(first).search(query, limit: 20).map(\.row) == ColoredBallTree(second).search(query, limit: 20).map(\.row))
    let parameters = RandomGrids.Parameters(near: 0.3)
    #expect(try RandomGrids(first, parameters: parameters).search(query, limit: 20) == RandomGrids(second, parameters: parameters).search(query, limit: 20))
  }

  @Test func saysWhatItDoesNotTake() throws {
    var broken = TokenVectors(dimension: 2)
    broken.append([1, .nan])
    #expect(throws: IndexError.self) { try FeatureSetIndex(broken, kernel: MatchKernel(radius: 1)) }
    #expect(throws: IndexError.self) { try FeatureSetIndex(TokenVectors(dimension: 2), kernel: MatchKernel(radius: 0)) }
    let empty = try FeatureSetIndex(TokenVectors(dimension: 2), kernel: MatchKernel(radius: 1))
    #expect(try empty.search([1, 0], limit: 3).isEmpty && ColoredBallTree(empty).search([1, 0], limit: 3).isEmpty)
    #expect(throws: IndexError.self) { try empty.search([1, 0, 1], limit: 3) }
    #expect(throws: IndexError.self) { try RandomGrids(empty, parameters: .init(near: 2)) }
  }
}

@Suite struct LocalFeaturesTests {
  /// A picture of blobs, so that there are corners.
  private static func picture(seed: UInt64) -> GrayImage {
    var generator = SeededGenerator(seed: seed)
    let blobs = (0..<60).map { _ in
      (x: Float.random(in: 0..<160, using: &generator), y: Float.random(in: 0..<120, using: &generator), side: Float.random(in: 4..<16, using: &generator))
    }
    var pixels = [Float](repeating: 0.2, count: 160 * 120)
    for (number, blob) in blobs.enumerated() {
      for y in max(0, Int(blob.y))..<min(120, Int(blob.y + blob.side)) {
        for x in max(0, Int(blob.x))..<min(160, Int(blob.x + blob.side)) { pixels[y * 160 + x] = Float(number % 7) / 7 }
      }
    }
    return GrayImage(width: 160, height: 120, pixels: pixels)
  }

  @Test func descriptionsAreUnitVectors() {
    let features = LocalFeatures(limit: 50).describe(Self.picture(seed: 1))
    #expect(!features.isEmpty && features.count <= 50 * LocalFeatures.dimension && features.count.isMultiple(of: LocalFeatures.dimension))
    for start in stride(from: 0, to: features.count, by: LocalFeatures.dimension) {
      let length = features[start..<start + LocalFeatures.dimension].reduce(0) { $0 + $1 * $1 }
      #expect(abs(length - 1) < 1e-3)
    }
  }

  /// A picture that was turned, enlarged and darkened finds itself among others.
  @Test func aChangedPictureFindsItself() throws {
    let pictures = (1...6).map { Self.picture(seed: UInt64($0)) }
    let extractor = LocalFeatures(limit: 150)
    let index = try FeatureSetIndex(extractor.describe(pictures), kernel: MatchKernel(radius: 0.8))
    for (number, picture) in pictures.enumerated() {
      let query = extractor.describe(picture.transformed(angle: 0.2, scale: 1.2, gain: 0.7))
      #expect(try index.search(query, limit: 1).first?.row == Row(number))
      #expect(try RandomGrids(index, parameters: .init(near: 0.2)).search(query, limit: 1).first?.row == Row(number))
    }
  }

  @Test func readsGraymapsAndRefusesWhatIsNone() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).pgm").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let bytes = Array("P5 # comment\n3 2\n255\n".utf8) + [0, 51, 102, 153, 204, 255]
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    let image = try GrayImage(graymap: path)
    #expect(image.width == 3 && image.height == 2 && zip(image.pixels, [0, 0.2, 0.4, 0.6, 0.8, 1]).allSatisfy { abs($0 - $1) < 1e-6 })
    for length in 0..<bytes.count {
      try Data(bytes.prefix(length)).write(to: URL(fileURLWithPath: path))
      #expect(throws: IndexError.self) { try GrayImage(graymap: path) }
    }
    try Data("P5 99999999 99999999 255\n".utf8).write(to: URL(fileURLWithPath: path))
    #expect(throws: IndexError.self) { try GrayImage(graymap: path) }
  }
}
