/// Lines of mixed scripts, the same as `make_tokenizer_fixtures.py` makes.
struct GeneratedLines {
  private var random: SplitMix

  init(seed: UInt64) { random = SplitMix(state: seed) }

  private static let ranges: [(UInt32, UInt32)] = [
    (0x20, 0x7F), (0xA0, 0x180), (0x300, 0x370), (0x370, 0x400), (0x400, 0x460), (0x590, 0x700), (0x900, 0x980), (0xE00, 0xE60),
    (0x1100, 0x1200), (0x1E00, 0x2070), (0x3000, 0x3100), (0x4E00, 0x4E80), (0xAC00, 0xAD00), (0xF900, 0xFA00), (0xFE00, 0xFF70),
    (0x1D150, 0x1D180), (0x1F300, 0x1F680), (0, 0x20), (0x1B40, 0x1B50), (0xE000, 0xE010),
  ]
  private static let markers = ["[SEP]", "[CLS]", "[MASK]", "[UNK]", "[PAD]", "[sep]", "[SEP", "<ab>", "fad", "Hij", "hij"]
  private static let separators = ["", "\t", " ", " ", " "]

  mutating func next() -> String {
    var scalars = String.UnicodeScalarView()
    for _ in 0..<1 + random.below(24) {
      appendPiece(to: &scalars)
      scalars.append(contentsOf: Self.separators[random.below(Self.separators.count)].unicodeScalars)
    }
    return String(scalars)
  }

  private mutating func appendPiece(to scalars: inout String.UnicodeScalarView) {
    switch random.below(10) {
    case 0...3: scalars.append(contentsOf: word(1 + random.below(8)).unicodeScalars)
    case 4: scalars.append(contentsOf: word(1 + random.below(8)).uppercased().unicodeScalars)
    case 5:
      let (low, high) = Self.ranges[random.below(Self.ranges.count)]
      for _ in 0..<1 + random.below(6) {
        if let scalar = Unicode.Scalar(low + UInt32(random.below(Int(high - low)))) { scalars.append(scalar) }
      }
    case 6: scalars.append(contentsOf: (random.below(4) == 0 ? word(90 + random.below(30)) : word(12)).unicodeScalars)
    case 7: scalars.append(contentsOf: Self.markers[random.below(Self.markers.count)].unicodeScalars)
    case 8: scalars.append(Unicode.Scalar(UInt8(33 + random.below(15))))
    default: scalars.append(contentsOf: String(random.below(100_000)).unicodeScalars)
    }
  }

  private mutating func word(_ length: Int) -> String {
    var word = ""
    for _ in 0..<length { word.unicodeScalars.append(Unicode.Scalar(UInt8(97 + random.below(10)))) }
    return word
  }
}

/// SplitMix64: the same numbers in every language.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
