internal import Foundation
public import NeedletailText

extension LanguageModel {
  /// How the model was taught conversations, by the program in `chat_template.jinja` or `tokenizer_config.json`.
  ///
  /// - Throws: when there is no program, or it is none of those that are known.
  public func chatTemplate() throws(ModelError) -> ChatTemplate {
    let file = directory.transformerPath + "/chat_template.jinja"
    let configuration = directory.transformerPath + "/tokenizer_config.json"
    var program = try? String(contentsOfFile: file, encoding: .utf8)
    if program == nil, FileManager.default.fileExists(atPath: configuration) {
      program = try ConfigurationFile(path: configuration, advice: "").string("chat_template")
    }
    guard let program else {
      throw .unsupported(
        path: directory.transformerPath, feature: "a conversation with a model that has no chat template",
        advice: "Choose a model that was trained on conversations, or continue a plain text.")
    }
    guard let template = ChatTemplate(program: program) else {
      throw .unsupported(
        path: directory.transformerPath, feature: "the model's chat template",
        advice: "Known are \(ChatTemplate.allCases.map(\.rawValue).joined(separator: ", ")).")
    }
    return template
  }

  /// A question as the text that the model answers.
  ///
  /// - Parameters:
  ///   - system: what the model is told first; nil tells it nothing.
  ///   - question: what it is asked.
  public func conversation(system: String? = nil, question: String) throws(ModelError) -> String {
    let first = system.map { [ChatTemplate.Message(.system, $0)] } ?? []
    return try chatTemplate().text(of: first + [ChatTemplate.Message(.user, question)])
  }
}
