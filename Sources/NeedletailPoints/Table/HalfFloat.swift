internal import NeedletailStore

/// Rounds floats to 16 bits and back.
enum HalfFloat {
  static func rounded(_ value: Float) -> Float { HalfPrecision.float(HalfPrecision.bits(of: value)) }
}
