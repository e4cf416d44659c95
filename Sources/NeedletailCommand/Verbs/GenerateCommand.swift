internal import ArgumentParser
internal import Foundation
internal import Needletail

struct GenerateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Continue a text with a language model (llama, mistral, qwen2, qwen3).",
    discussion: """
        needletail model add ~/models/Qwen3-0.6B
        needletail generate Qwen3-0.6B "A needle is" --temperature 0.7 --top-p 0.9
        needletail generate Qwen3-0.6B "What is a needle?" --chat

      Without a prompt, standard input is continued. Equal seeds give equal texts.
      """)

  @Argument(help: "A registered model or a directory.", completion: .directory) var model: String
  @Argument(help: "The text to continue.") var prompt: String?
  @Option(help: ArgumentHelp("New tokens at most.", valueName: "N")) var tokens = 256
  @Option(help: ArgumentHelp("0 takes the most probable token; 1 draws by the model's probabilities.", valueName: "X")) var temperature = 0.0
  @Option(help: ArgumentHelp("Draws among the tokens that together have this probability.", valueName: "X")) var topP = 1.0
  @Option(help: ArgumentHelp("Of the draws.", valueName: "N")) var seed: UInt64 = 0
  @Flag(help: "The prompt is a question in a conversation: use the model's template.") var chat = false
  @Option(help: ArgumentHelp("With --chat: what the model is told first.", valueName: "TEXT")) var system: String?
  @OptionGroup var embedding: EmbedderOptions
  @OptionGroup var data: DataOptions
  @OptionGroup var output: OutputOptions

  private struct Report: Encodable {
    let text: String
    let promptTokens: Int
    let newTokens: Int
    /// Whether the model ended the text itself.
    let isComplete: Bool
    let seconds: Double
  }

  func validate() throws {
    if system != nil, !chat { throw ValidationError("--system needs --chat") }
  }

  func run() async throws {
    let language = try LanguageModel(path: data.registry.path(atOrNamed: model, as: .languageModel), precision: embedding.precision)
    let given = prompt ?? String(decoding: FileHandle.standardInput.readDataToEndOfFile(), as: UTF8.self)
    let start = try language.tokens(of: chat ? language.conversation(system: system, question: given) : given)
    var options = GenerationOptions()
    (options.maximumTokens, options.temperature, options.topP, options.seed) = (tokens, temperature, topP, seed)
    let clock = ContinuousClock()
    let began = clock.now
    let new = try await InterruptSignal.cancelling { [options, output] in
      var shown = 0
      var found: [Int32] = []
      let new = try language.generate(after: start, options) { token in
        found.append(token)
        // a character may take several tokens: only what is whole is shown
        let text = language.text(of: found)
        if !output.json, !text.hasSuffix("\u{FFFD}") {
          Terminal.standardOutput.write(String(String.UnicodeScalarView(text.unicodeScalars.dropFirst(shown))))
          shown = text.unicodeScalars.count
        }
        return !Task.isCancelled
      }
      try Task.checkCancellation()
      return new
    }
    guard output.json else { return Terminal.standardOutput.write("\n") }
    try JSONOutput.write(
      Report(
        text: language.text(of: new), promptTokens: start.count, newTokens: new.count,
        isComplete: new.last.map(language.endTokens.contains) ?? false, seconds: (clock.now - began) / .seconds(1)))
  }
}
