extension TokenizerFile {
  /// The special tokens around each input: what the post-processor adds to a single sequence.
  struct Frame: Decodable {
    var prefix: [Int32] = []
    var suffix: [Int32] = []

    init() {}

    private enum Keys: String, CodingKey {
      case type, single, cls, sep
      case specialTokens = "special_tokens"
    }

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: Keys.self)
      let type = try values.requireType(["TemplateProcessing", "BertProcessing", "RobertaProcessing"], forKey: .type)
      guard type == "TemplateProcessing" else {
        prefix = [try values.decode(TokenPair.self, forKey: .cls).id]
        suffix = [try values.decode(TokenPair.self, forKey: .sep).id]
        return
      }
      let specials = try values.decode([String: SpecialToken].self, forKey: .specialTokens)
      var hasText = false
      for (index, piece) in try values.decode([Piece].self, forKey: .single).enumerated() {
        switch piece {
        case .text where hasText:
          throw DecodingError.dataCorrupted(.init(codingPath: values.codingPath + [Keys.single], debugDescription: "has the text twice"))
        case .text:
          hasText = true
        case .special(let name):
          guard let ids = specials[name]?.ids else {
            throw DecodingError.dataCorrupted(
              .init(codingPath: values.codingPath + [Keys.single], debugDescription: "names an undefined token at place \(index)"))
          }
          if hasText { suffix += ids } else { prefix += ids }
        }
      }
      guard hasText else {
        throw DecodingError.dataCorrupted(.init(codingPath: values.codingPath + [Keys.single], debugDescription: "has no place for the text"))
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
  private enum Piece: Decodable {
    case text
    case special(String)

    private enum Keys: String, CodingKey {
      case specialToken = "SpecialToken"
      case sequence = "Sequence"
    }

    private struct Name: Decodable { var id: String }

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: Keys.self)
      if let special = try values.decodeIfPresent(Name.self, forKey: .specialToken) {
        self = .special(special.id)
      } else {
        _ = try values.decode(Name.self, forKey: .sequence)
        self = .text
      }
    }
  }
}
