internal import Foundation
public import NeedletailCore

/// Finds corners in a picture and describes what is around them, so that the same corner looks alike in another photograph.
///
/// Corners: C. Harris and M. Stephens, "A combined corner and edge detector", Alvey Vision Conference 1988, at several scales.
/// Descriptions: histograms of gradients in 4 x 4 fields of 8 directions, turned to the strongest direction (D. Lowe, "Distinctive
/// Image Features from Scale-Invariant Keypoints", IJCV 2004, section 6), their square roots at unit length (Arandjelović and Zisserman,
/// CVPR 2012). Plain on purpose: features that were learned are better, and take the same place.
public struct LocalFeatures: Hashable, Sendable {
  /// Components of a description.
  public static let dimension = 128
  /// Most features of a picture.
  public var limit: Int
  /// Scales, each smaller by the square root of two.
  public var scales: Int

  public init(limit: Int = 500, scales: Int = 5) {
    self.limit = limit
    self.scales = scales
  }

  /// The descriptions of a picture's features, one after the other, strongest corners first.
  public func describe(_ image: GrayImage) -> [Float] {
    var found: [(strength: Float, description: [Float])] = []
    var level = image.blurred(1)
    for _ in 0..<max(1, scales) {
      let gradients = Gradients(level)
      for corner in Self.corners(gradients, limit: limit) {
        if let description = Self.description(gradients, corner.x, corner.y) { found.append((corner.strength, description)) }
      }
      guard let smaller = level.reduced(by: Float(2).squareRoot()) else { break }
      level = smaller
    }
    let ranked = found.enumerated().sorted { ($1.element.strength, $0.offset) < ($0.element.strength, $1.offset) }
    return ranked.prefix(max(0, limit)).flatMap(\.element.description)
  }

  /// The descriptions of many pictures, an item each.
  public func describe(_ images: [GrayImage]) -> TokenVectors {
    var features = TokenVectors(dimension: Self.dimension)
    for image in images { features.append(describe(image)) }
    return features
  }

  /// Changes of brightness to the right and down.
  private struct Gradients {
    let width: Int
    let height: Int
    var x: [Float]
    var y: [Float]

    init(_ image: GrayImage) {
      width = image.width
      height = image.height
      x = [Float](repeating: 0, count: width * height)
      y = x
      for row in 0..<height {
        for column in 0..<width {
          x[row * width + column] = (image[column + 1, row] - image[column - 1, row]) / 2
          y[row * width + column] = (image[column, row + 1] - image[column, row - 1]) / 2
        }
      }
    }
  }

  /// Places where brightness changes in both directions, each the strongest within four pixels.
  private static func corners(_ gradients: Gradients, limit: Int) -> [(x: Int, y: Int, strength: Float)] {
    let (width, height) = (gradients.width, gradients.height)
    func smoothed(_ value: (Int) -> Float) -> [Float] {
      GrayImage(width: width, height: height, pixels: (0..<width * height).map(value)).blurred(1.5).pixels
    }
    let xx = smoothed { gradients.x[$0] * gradients.x[$0] }
    let yy = smoothed { gradients.y[$0] * gradients.y[$0] }
    let xy = smoothed { gradients.x[$0] * gradients.y[$0] }
    let strengths = (0..<width * height).map { place in
      let trace = xx[place] + yy[place]
      return xx[place] * yy[place] - xy[place] * xy[place] - 0.04 * trace * trace
    }
    let (border, reach) = (12, 4)
    var corners: [(x: Int, y: Int, strength: Float)] = []
    guard width > 2 * border, height > 2 * border else { return [] }
    for y in border..<height - border {
      for x in border..<width - border {
        let strength = strengths[y * width + x]
        guard strength > 1e-8 else { continue }
        var isStrongest = true
        search: for row in y - reach...y + reach {
          for column in x - reach...x + reach where strengths[row * width + column] > strength {
            isStrongest = false
            break search
          }
        }
        if isStrongest { corners.append((x, y, strength)) }
      }
    }
    return Array(corners.sorted { ($1.strength, $0.y, $0.x) < ($0.strength, $1.y, $1.x) }.prefix(limit))
  }

  private static func description(_ gradients: Gradients, _ x: Int, _ y: Int) -> [Float]? {
    let turn = direction(gradients, x, y)
    let (cosine, sine) = (cos(turn), sin(turn))
    var histogram = [Float](repeating: 0, count: dimension)
    let reach = 11
    for row in max(0, y - reach)...min(gradients.height - 1, y + reach) {
      for column in max(0, x - reach)...min(gradients.width - 1, x + reach) {
        let (dx, dy) = (Float(column - x), Float(row - y))
        // In fields of four pixels, turned, from the corner of the patch.
        let (fieldX, fieldY) = ((cosine * dx + sine * dy) / 4 + 2, (-sine * dx + cosine * dy) / 4 + 2)
        guard fieldX >= 0, fieldX < 4, fieldY >= 0, fieldY < 4 else { continue }
        let (gx, gy) = (gradients.x[row * gradients.width + column], gradients.y[row * gradients.width + column])
        let weight = (gx * gx + gy * gy).squareRoot() * exp(-(dx * dx + dy * dy) / 128)
        var angle = (atan2(gy, gx) - turn) / (2 * .pi) * 8
        angle -= (angle / 8).rounded(.down) * 8
        let lower = Int(angle) % 8
        let share = angle - Float(Int(angle))
        let field = (Int(fieldY) * 4 + Int(fieldX)) * 8
        histogram[field + lower] += weight * (1 - share)
        histogram[field + (lower + 1) % 8] += weight * share
      }
    }
    // No part may drown the others, as light on an edge would; then the square root at unit length.
    let length = histogram.reduce(0) { $0 + $1 * $1 }.squareRoot()
    guard length > 0 else { return nil }
    let cut = histogram.map { min($0 / length, 0.2) }
    let sum = cut.reduce(0, +)
    return cut.map { ($0 / sum).squareRoot() }
  }

  /// The strongest direction of change around a corner, by a histogram of 36.
  private static func direction(_ gradients: Gradients, _ x: Int, _ y: Int) -> Float {
    var histogram = [Float](repeating: 0, count: 36)
    for row in max(0, y - 8)...min(gradients.height - 1, y + 8) {
      for column in max(0, x - 8)...min(gradients.width - 1, x + 8) {
        let (dx, dy) = (Float(column - x), Float(row - y))
        let (gx, gy) = (gradients.x[row * gradients.width + column], gradients.y[row * gradients.width + column])
        var angle = atan2(gy, gx) / (2 * .pi) * 36
        if angle < 0 { angle += 36 }
        histogram[min(35, Int(angle))] += (gx * gx + gy * gy).squareRoot() * exp(-(dx * dx + dy * dy) / 40)
      }
    }
    let smooth = (0..<36).map { histogram[($0 + 35) % 36] + 2 * histogram[$0] + histogram[($0 + 1) % 36] }
    let best = smooth.indices.max { smooth[$0] < smooth[$1] } ?? 0
    return (Float(best) + 0.5) / 36 * 2 * .pi
  }
}
