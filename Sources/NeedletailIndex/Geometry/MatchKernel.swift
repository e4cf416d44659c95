internal import Foundation

/// How much a match of two features is worth, by their distance: 1 at 0, 0 from a radius on, falling smoothly between.
///
/// Aiger, Araujo and Lynen, "Yes, we CANN: Constrained Approximate Nearest Neighbors for local feature-based visual
/// localization", ICCV 2023, and the code released with it: `(1 - (r/R)^(p/(1-p)))^((1-p)/p)`.
public struct MatchKernel: Hashable, Codable, Sendable {
  /// From here on a match is worth nothing (`R`).
  public var radius: Double
  /// The shape of the fall (`p`), above 0 and below 1.
  public var shape: Double

  public init(radius: Double, shape: Double = 0.4591763556652752) {
    self.radius = radius
    self.shape = shape
  }

  /// The worth of a match at a distance of 0 or more.
  public func worth(at distance: Double) -> Double {
    guard distance < radius else { return 0 }
    let exponent = shape / (1 - shape)
    return pow(1 - pow(distance / radius, exponent), 1 / exponent)
  }

  /// The distance at which a match is worth this much.
  public func distance(worth: Double) -> Double {
    let exponent = shape / (1 - shape)
    return radius * pow(1 - pow(worth, exponent), 1 / exponent)
  }

  /// Growing radii from the first to where a match is worth a millionth.
  ///
  /// - Parameters:
  ///   - first: the smallest radius.
  ///   - ratio: of each radius to the one before; above 1.
  public func radii(from first: Double, ratio: Double = 1.0414849128494055) -> [Double] {
    let last = distance(worth: 1e-6)
    var radii = [min(first, last)]
    while radii[radii.count - 1] * ratio < last { radii.append(radii[radii.count - 1] * ratio) }
    return radii
  }

  func validate() throws(IndexError) {
    guard radius.isFinite, radius > 0, shape > 0, shape < 1 else {
      throw .invalidParameter("a kernel of matches takes a positive radius and a shape between 0 and 1")
    }
  }
}
