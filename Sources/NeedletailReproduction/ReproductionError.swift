public import NeedletailCore

/// What can go wrong on the way from a recipe to a verdict.
public enum ReproductionError: Problem {
  case noRecipe(path: String)
  case malformedRecipe(path: String, reason: String)
  case unknownExperiment(path: String, name: String, known: [String])
  case noScale(path: String, scale: Scale)
  case unknownSystem(number: Int)
  case missingFinding(name: String)
  /// Something that cannot be shipped is not on this machine; the verdict is "needs data".
  case needs(what: String, advice: String)
  case unwritable(path: String, reason: String)

  public var category: ProblemCategory {
    switch self {
    case .noRecipe, .unknownSystem: .notFound
    case .malformedRecipe, .unknownExperiment, .noScale: .invalidRequest
    case .missingFinding: .internal
    case .needs, .unwritable: .unavailable
    }
  }

  public var description: String {
    switch self {
    case .noRecipe(let path):
      "there is no recipe at \(path): this system cannot be reproduced yet; `needletail catalogue` shows the state of each"
    case .malformedRecipe(let path, let reason): "\(path) cannot be used: \(reason)"
    case .unknownExperiment(let path, let name, let known):
      "\(path) names the experiment \"\(name)\", which does not exist; the experiments are \(known.joined(separator: ", "))"
    case .noScale(let path, let scale): "\(path) has no parameters for the scale \(scale.rawValue); choose another with --scale"
    case .unknownSystem(let number): "there is no system \(number) in the catalogue; its numbers go from 1 to 47"
    case .missingFinding(let name): "the experiment did not report \"\(name)\", which the rule of its recipe bounds"
    case .needs(let what, let advice): "\(what) is not on this machine. \(advice)"
    case .unwritable(let path, let reason): "cannot write \(path): \(reason)"
    }
  }
}
