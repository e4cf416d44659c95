internal import NeedletailCore

/// The words of one field in the points of a block, for ranking by them.
struct TextColumn: Sendable {
  /// The points that have a word, and how often.
  private(set) var postings: [String: [(place: UInt8, count: Float)]] = [:]
  /// Words of each point.
  private(set) var lengths = [Float](repeating: 0, count: PointBlock.size)
  /// Points with at least one word.
  private(set) var present = BlockMask.none

  init(_ path: PayloadPath, _ options: TextOptions, of payloads: [Payload], in mask: BlockMask) {
    mask.forEach { place in
      let tokens = path.values(in: payloads[place]).flatMap(\.opened).compactMap(\.string).flatMap { options.tokens(of: $0) }
      guard !tokens.isEmpty else { return }
      present.insert(place)
      lengths[place] = Float(tokens.count)
      var counts: [String: Float] = [:]
      for token in tokens { counts[token, default: 0] += 1 }
      for (token, count) in counts { postings[token, default: []].append((UInt8(place), count)) }
    }
  }

  /// Words of all points together.
  var totalLength: Float { lengths.reduce(0, +) }
}
