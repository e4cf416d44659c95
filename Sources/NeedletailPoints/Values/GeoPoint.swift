internal import Foundation
internal import NeedletailCore

/// A place on the earth.
public struct GeoPoint: Hashable, Sendable {
  /// Degrees east, -180 to 180.
  public var longitude: Double
  /// Degrees north, -90 to 90.
  public var latitude: Double

  public init(longitude: Double, latitude: Double) {
    self.longitude = longitude
    self.latitude = latitude
  }

  /// A place as payload has it, `{"lon": …, "lat": …}`; nil for anything else.
  init?(_ value: JSONValue) {
    guard case .object(let members) = value, let longitude = members["lon"]?.double, let latitude = members["lat"]?.double,
      (-180...180).contains(longitude), (-90...90).contains(latitude)
    else { return nil }
    self.init(longitude: longitude, latitude: latitude)
  }

  /// The mean radius of the earth in metres.
  private static let earthRadius = 6_371_008.8

  /// Metres along the sphere, by the haversine formula.
  func distance(to other: GeoPoint) -> Double {
    let radians = Double.pi / 180
    let latitudes = (latitude * radians, other.latitude * radians)
    let latitudeSine = sin((latitudes.1 - latitudes.0) / 2)
    let longitudeSine = sin((other.longitude - longitude) * radians / 2)
    let a = latitudeSine * latitudeSine + cos(latitudes.0) * cos(latitudes.1) * longitudeSine * longitudeSine
    return 2 * Self.earthRadius * asin(min(1, sqrt(a)))
  }
}

/// A region of the earth.
public enum GeoRegion: Hashable, Sendable {
  /// A box; one whose left border lies east of its right one crosses the antimeridian.
  case box(topLeft: GeoPoint, bottomRight: GeoPoint)
  /// What is nearer to the centre than so many metres.
  case circle(center: GeoPoint, radius: Double)
  /// The inside of the first closed line without the insides of the others.
  case polygon(exterior: [GeoPoint], interiors: [[GeoPoint]])

  func contains(_ point: GeoPoint) -> Bool {
    switch self {
    case .box(let topLeft, let bottomRight):
      guard point.latitude < topLeft.latitude, point.latitude > bottomRight.latitude else { return false }
      if topLeft.longitude > bottomRight.longitude { return point.longitude > topLeft.longitude || point.longitude < bottomRight.longitude }
      return point.longitude > topLeft.longitude && point.longitude < bottomRight.longitude
    case .circle(let center, let radius): return center.distance(to: point) < radius
    case .polygon(let exterior, let interiors):
      return Self.position(of: point, in: exterior) == .inside && interiors.allSatisfy { Self.position(of: point, in: $0) == .outside }
    }
  }

  private enum Position { case inside, border, outside }

  /// Counts the edges that a ray to the east crosses.
  private static func position(of point: GeoPoint, in line: [GeoPoint]) -> Position {
    var isInside = false
    for (from, to) in zip(line, line.dropFirst()) {
      let cross = (to.longitude - from.longitude) * (point.latitude - from.latitude) - (to.latitude - from.latitude) * (point.longitude - from.longitude)
      if cross == 0, (min(from.longitude, to.longitude)...max(from.longitude, to.longitude)).contains(point.longitude),
        (min(from.latitude, to.latitude)...max(from.latitude, to.latitude)).contains(point.latitude)
      {
        return .border
      }
      guard (from.latitude > point.latitude) != (to.latitude > point.latitude) else { continue }
      let crossing = from.longitude + (point.latitude - from.latitude) / (to.latitude - from.latitude) * (to.longitude - from.longitude)
      if point.longitude < crossing { isInside.toggle() }
    }
    return isInside ? .inside : .outside
  }
}
