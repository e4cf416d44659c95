internal import Foundation
internal import NeedletailNumerics

/// How a continuation is chosen.
public struct GenerationOptions: Hashable, Sendable {
  /// Tokens at most.
  public var maximumTokens = 256
  /// 0 takes the most probable token each time; 1 draws by the model's probabilities, less is more careful.
  public var temperature = 0.0
  /// Draws only among the most probable tokens that together have this probability (Holtzman et al., 2020); 1 among all.
  public var topP = 1.0
  /// Equal seeds give equal texts.
  public var seed: UInt64 = 0

  public init() {}

  /// What cannot be chosen by, if anything.
  var flaw: String? {
    if maximumTokens < 0 { return "the number of tokens is negative" }
    if !(temperature >= 0 && temperature.isFinite) { return "the temperature is \(temperature), not 0 or more" }
    if !(topP > 0 && topP <= 1) { return "topP is \(topP), not above 0 and at most 1" }
    return nil
  }
}

extension LanguageModel {
  /// Continues tokens until the model ends the text, or the limit is reached.
  ///
  /// - Parameters:
  ///   - prompt: what to continue; at least one token.
  ///   - options: how.
  ///   - isWanted: called with each token as it is chosen; false ends the continuation.
  /// - Returns: the new tokens; the last is an end token if the model ended the text.
  /// - Throws: for options that make no sense, and what `scores` throws.
  public func generate(
    after prompt: [Int32], _ options: GenerationOptions = GenerationOptions(), isWanted: (Int32) -> Bool = { _ in true }
  ) throws(ModelError) -> [Int32] {
    if let flaw = options.flaw { throw .invalidRequest(reason: "A continuation cannot be chosen: \(flaw).") }
    let memory = memory()
    var random = SeededGenerator(seed: options.seed)
    var next = prompt
    var result: [Int32] = []
    while result.count < options.maximumTokens, memory.count + next.count <= maximumTokens {
      let token = choice(try scores(after: next, memory), options, &random)
      result.append(token)
      guard isWanted(token), !endTokens.contains(token) else { break }
      next = [token]
    }
    return result
  }

  private func choice(_ scores: [Float], _ options: GenerationOptions, _ random: inout SeededGenerator) -> Int32 {
    guard let top = scores.max(), let best = scores.firstIndex(of: top) else { return 0 }
    guard options.temperature > 0 else { return Int32(best) }
    var weights = scores.map { exp(Double($0 - top) / options.temperature) }
    if options.topP < 1 { Self.cut(&weights, to: options.topP) }
    var left = Double.random(in: 0..<1, using: &random) * weights.reduce(0, +)
    for (token, weight) in weights.enumerated() where weight > 0 {
      left -= weight
      if left < 0 { return Int32(token) }
    }
    return Int32(best)
  }

  /// Sets to zero all but the largest weights, as many as have the share of the sum.
  private static func cut(_ weights: inout [Double], to share: Double) {
    let order = weights.indices.sorted { (weights[$0], $1) > (weights[$1], $0) }
    let enough = share * weights.reduce(0, +)
    var sum = 0.0
    for token in order {
      if sum >= enough { weights[token] = 0 } else { sum += weights[token] }
    }
  }
}
