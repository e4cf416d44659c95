/// How a conversation becomes one text for a language model that was trained on conversations.
///
/// Models carry programs for this (`chat_template` in tokenizer_config.json); the forms of three families, which most models have, are
/// known here, and a program is recognised by the marks it writes.
public enum ChatTemplate: String, Hashable, Sendable, CaseIterable {
  /// `<|im_start|>role … <|im_end|>`: Qwen and many others.
  case chatML
  /// `<|start_header_id|>role<|end_header_id|> … <|eot_id|>`: Llama 3.
  case llama3
  /// `[INST] … [/INST]`: Mistral. It has no role for a system; such a message goes in front of the first question.
  case mistral

  /// Recognises the template of a model by its program; nil if it is none of the known.
  public init?(program: String) {
    if program.contains("<|im_start|>") {
      self = .chatML
    } else if program.contains("<|start_header_id|>") {
      self = .llama3
    } else if program.contains("[INST]"), !program.contains("<<SYS>>") {
      self = .mistral
    } else {
      return nil
    }
  }

  /// A turn of the conversation.
  public struct Message: Hashable, Sendable {
    public enum Role: String, Hashable, Sendable {
      case system, user, assistant
    }

    public var role: Role
    public var text: String

    public init(_ role: Role, _ text: String) {
      self.role = role
      self.text = text
    }
  }

  /// The conversation as one text, after which the model's answer begins.
  ///
  /// What the tokenizer puts in front of every text, such as `<s>`, is not part of it.
  public func text(of messages: [Message]) -> String {
    switch self {
    case .chatML:
      messages.reduce(into: "") { $0 += "<|im_start|>\($1.role.rawValue)\n\($1.text)<|im_end|>\n" } + "<|im_start|>assistant\n"
    case .llama3:
      messages.reduce(into: "") { text, message in
        text += "<|start_header_id|>\(message.role.rawValue)<|end_header_id|>\n\n\(Self.trimmed(message.text))<|eot_id|>"
      } + "<|start_header_id|>assistant<|end_header_id|>\n\n"
    case .mistral: Self.mistralText(messages)
    }
  }

  private static func mistralText(_ messages: [Message]) -> String {
    var text = ""
    var instruction = ""
    for message in messages {
      switch message.role {
      case .system: instruction += message.text + "\n\n"
      case .user:
        text += "[INST] \(instruction)\(message.text) [/INST]"
        instruction = ""
      case .assistant: text += " \(message.text)</s>"
      }
    }
    return text
  }

  private static func trimmed(_ text: String) -> Substring {
    var text = text[...]
    while let first = text.first, first.isWhitespace { text.removeFirst() }
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return text
  }
}
