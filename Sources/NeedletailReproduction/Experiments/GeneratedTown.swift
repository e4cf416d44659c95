internal import Foundation
internal import NeedletailCore
internal import NeedletailNumerics

/// A town of points with descriptors, seen by cameras of known poses: what localisation can be measured on without photographs.
struct GeneratedTown {
  /// A camera and what it sees.
  struct View {
    var x: Double
    var y: Double
    /// Where it looks, in radians.
    var heading: Double
    /// The points seen; distractors are not among them.
    var points: Set<Int> = []
  }

  struct Size: Decodable, Sendable {
    var points: Int
    var cameras: Int
    var queries: Int
    /// Most points that a camera keeps.
    var features: Int
    var dimension: Int
  }

  private(set) var cameras: [View] = []
  private(set) var queries: [View] = []
  private(set) var cameraFeatures: TokenVectors
  private(set) var queryFeatures: TokenVectors

  /// In metres and radians.
  private static let side = 200.0
  private static let depth = 60.0
  private static let fieldOfView = Double.pi / 3
  /// The noise of a component, such that matches lie at 0.3 to 0.8 in 32 dimensions, where others lie at 1.4.
  private static let noise = 0.069
  private static let distractors = 0.2
  /// A tenth of the points look like 49 others.
  private static let repeated = 0.1
  private static let repetition = 50

  init(_ size: Size, seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    cameraFeatures = TokenVectors(dimension: size.dimension)
    queryFeatures = TokenVectors(dimension: size.dimension)
    let places = (0..<size.points).map { _ in
      (x: Double.random(in: 0..<Self.side, using: &generator), y: Double.random(in: 0..<Self.side, using: &generator))
    }
    var descriptors = (0..<size.points).map { _ in Self.direction(size.dimension, &generator) }
    let repeatedCount = Int(Self.repeated * Double(size.points))
    for (place, point) in (0..<size.points).shuffled(using: &generator).prefix(repeatedCount).enumerated() {
      descriptors[point] = descriptors[place / Self.repetition]
    }
    for number in 0..<size.cameras + size.queries {
      var view = View(
        x: Double.random(in: 0..<Self.side, using: &generator), y: Double.random(in: 0..<Self.side, using: &generator),
        heading: Double.random(in: 0..<2 * Double.pi, using: &generator))
      let visible = places.indices.filter { Self.sees(view, places[$0]) }.shuffled(using: &generator).prefix(size.features)
      view.points = Set(visible)
      var features: [Float] = []
      for point in visible { features += Self.noisy(descriptors[point], &generator) }
      for _ in 0..<Int(Self.distractors * Double(visible.count)) { features += Self.direction(size.dimension, &generator) }
      if number < size.cameras {
        cameras.append(view)
        cameraFeatures.append(features)
      } else {
        queries.append(view)
        queryFeatures.append(features)
      }
    }
  }

  private static func sees(_ view: View, _ place: (x: Double, y: Double)) -> Bool {
    let (x, y) = (place.x - view.x, place.y - view.y)
    guard x * x + y * y <= depth * depth else { return false }
    return abs(difference(atan2(y, x), view.heading)) <= fieldOfView / 2
  }

  private static func difference(_ first: Double, _ second: Double) -> Double {
    (first - second).remainder(dividingBy: 2 * Double.pi)
  }

  private static func direction(_ dimension: Int, _ generator: inout SeededGenerator) -> [Float] {
    let vector = (0..<dimension).map { _ in Float(normal(&generator)) }
    let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return vector.map { $0 / length }
  }

  private static func noisy(_ descriptor: [Float], _ generator: inout SeededGenerator) -> [Float] {
    descriptor.map { $0 + Float(noise * normal(&generator)) }
  }

  /// From the standard normal distribution (Box and Muller, 1958).
  private static func normal(_ generator: inout SeededGenerator) -> Double {
    (-2 * log(Double.random(in: 1e-300..<1, using: &generator))).squareRoot() * cos(2 * Double.pi * Double.random(in: 0..<1, using: &generator))
  }

  // MARK: Truth

  /// How many points a query and a camera see both.
  func overlap(query: Int, camera: Int) -> Int { queries[query].points.intersection(cameras[camera].points).count }

  /// The cameras that see most of what a query sees; several if they are equal.
  func best(query: Int) -> Set<Int> {
    let overlaps = cameras.indices.map { overlap(query: query, camera: $0) }
    let most = overlaps.max() ?? 0
    return most == 0 ? [] : Set(cameras.indices.filter { overlaps[$0] == most })
  }

  /// How far the equally weighted mean pose of some cameras is from a query: metres and radians.
  func error(of found: [Int], query: Int) -> (distance: Double, angle: Double) {
    guard !found.isEmpty else { return (.infinity, .infinity) }
    let count = Double(found.count)
    let x = found.reduce(0) { $0 + cameras[$1].x } / count
    let y = found.reduce(0) { $0 + cameras[$1].y } / count
    let heading = atan2(found.reduce(0) { $0 + sin(cameras[$1].heading) }, found.reduce(0) { $0 + cos(cameras[$1].heading) })
    let view = queries[query]
    return (hypot(x - view.x, y - view.y), abs(Self.difference(heading, view.heading)))
  }
}
