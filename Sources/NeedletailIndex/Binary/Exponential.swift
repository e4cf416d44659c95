internal import Foundation

/// The elementary functions of the objective, named so that no other file needs Foundation.
enum Exponential {
  static func value(_ x: Double) -> Double { exp(x) }
  static func logarithm(_ x: Double) -> Double { log(x) }
  static func power(_ x: Double, _ exponent: Double) -> Double { pow(x, exponent) }
}
