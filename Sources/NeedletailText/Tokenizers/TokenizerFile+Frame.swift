extension TokenizerFile {
  /// The special tokens around each input: what the post-processor adds to a single text, and to a pair of texts.
  struct Frame: Decodable, Hashable {
    var single = [Piece.text(isSecond: false, type: 0)]
    /// Nil if the file does not say how a pair is put together.
    var pair: [Piece]?

    enum Piece: Hashable, Sendable {
      case text(isSecond: Bool, type: Int32)
      case special(id: Int32, type: Int32)
    }

    init() {}

    /// One special token before each text and one after.
    init(prefix: Int32, suffix: Int32) {
      single = [.special(id: prefix, type: 0), .text(isSecond: false, type: 0), .special(id: suffix, type: 0)]
    }

    var prefix: [Int32] { Self.specials(single.prefix { !$0.isText }) }
    var suffix: [Int32] { Self.specials(single.drop { !$0.isText }) }
    var specialIDs: [Int32] { Self.specials(single[...]) + Self.specials((pair ?? [])[...]) }

    private static func specials(_ pieces: ArraySlice<Piece>) -> [Int32] {
      pieces.compactMap { if case .special(let id, _) = $0 { id } else { nil } }
    }

    private enum Keys: String, CodingKey {
      case type, single, pair, cls, sep, processors
      case specialTokens = "special_tokens"
    }

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: Keys.self)
      switch try values.requireType(
        ["TemplateProcessing", "BertProcessing", "RobertaProcessing", "ByteLevel", "Sequence"], forKey: .type)
      {
      case "ByteLevel": break  // only moves offsets
      case "Sequence":
        let frames = try values.decode([Frame].self, forKey: .processors).filter { $0 != Frame() }
        guard frames.count <= 1 else { throw values.impossible("has two frames", forKey: .processors) }
        self = frames.first ?? Frame()
      case "BertProcessing":
        try readTokens(values)
        pair = single + [.text(isSecond: true, type: 1), single[2].with(type: 1)]
      case "RobertaProcessing":
        try readTokens(values)
        pair = single + [single[2], .text(isSecond: true, type: 0), single[2]]
      default: try readTemplates(values)
      }
    }

    private mutating func readTokens(_ values: KeyedDecodingContainer<Keys>) throws {
      self = Frame(
        prefix: try values.decode(TokenPair.self, forKey: .cls).id, suffix: try values.decode(TokenPair.self, forKey: .sep).id)
    }

    private mutating func readTemplates(_ values: KeyedDecodingContainer<Keys>) throws {
      let specials = try values.decode([String: SpecialToken].self, forKey: .specialTokens)
      single = try Self.pieces(.single, values, specials)
      guard single.filter(\.isText).count == 1 else {
        throw values.impossible(single.contains(where: \.isText) ? "has the text twice" : "has no place for the text", forKey: .single)
      }
      guard try values.decodeIfPresent([PieceEntry].self, forKey: .pair)?.isEmpty == false else { return }
      let pair = try Self.pieces(.pair, values, specials)
      guard pair.filter(\.isText).count == 2, pair.filter(\.isSecondText).count == 1 else {
        throw values.impossible("has not each text once", forKey: .pair)
      }
      self.pair = pair
    }

    private static func pieces(
      _ key: Keys, _ values: KeyedDecodingContainer<Keys>, _ specials: [String: SpecialToken]
    ) throws -> [Piece] {
      try values.decode([PieceEntry].self, forKey: key).enumerated().flatMap { index, entry -> [Piece] in
        switch entry {
        case .text(let isSecond, let type): return [.text(isSecond: isSecond, type: type)]
        case .special(let name, let type):
          guard let ids = specials[name]?.ids else { throw values.impossible("names an undefined token at place \(index)", forKey: key) }
          return ids.map { .special(id: $0, type: type) }
        }
      }
    }
  }

  private struct SpecialToken: Decodable {
    var ids: [Int32]
  }

  /// `["[SEP]", 102]`
  private struct TokenPair: Decodable {
    var id: Int32

    init(from decoder: any Decoder) throws {
      var values = try decoder.unkeyedContainer()
      _ = try values.decode(String.self)
      id = try values.decode(Int32.self)
    }
  }

  /// `{"SpecialToken": {"id": "[CLS]", "type_id": 0}}` or `{"Sequence": {"id": "A", "type_id": 0}}`
  private enum PieceEntry: Decodable {
    case text(isSecond: Bool, type: Int32)
    case special(String, type: Int32)

    private enum Keys: String, CodingKey {
      case specialToken = "SpecialToken"
      case sequence = "Sequence"
    }

    private struct Place: Decodable {
      var id: String
      var type_id: Int32?
    }

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: Keys.self)
      if let special = try values.decodeIfPresent(Place.self, forKey: .specialToken) {
        self = .special(special.id, type: special.type_id ?? 0)
      } else {
        let sequence = try values.decode(Place.self, forKey: .sequence)
        self = .text(isSecond: sequence.id == "B", type: sequence.type_id ?? 0)
      }
    }
  }
}

extension TokenizerFile.Frame.Piece {
  var isText: Bool { if case .text = self { true } else { false } }
  var isSecondText: Bool { if case .text(true, _) = self { true } else { false } }

  func with(type: Int32) -> Self {
    switch self {
    case .text(let isSecond, _): .text(isSecond: isSecond, type: type)
    case .special(let id, _): .special(id: id, type: type)
    }
  }
}
