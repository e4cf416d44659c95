internal import ArgumentParser
internal import Foundation
internal import Needletail

/// The command line of Needletail. Each verb has a file in `Verbs/`; what they do is in the library.
@main
struct NeedletailCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "needletail",
    abstract: "Index what you have, find it again by meaning.",
    discussion: """
      Start with:
        needletail model fetch            get the default embedding model (once)
        needletail index ~/Documents      index a folder
        needletail search "how do tides work"
        needletail serve                  the same in a browser

      Every command takes --json. Completions for your shell:
        needletail --generate-completion-script bash|zsh|fish
      """,
    version: ProductVersion.current,
    subcommands: [
      IndexCommand.self,
      SearchCommand.self,
      SimilarCommand.self,
      StatusCommand.self,
      RemoveCommand.self,
      ServeCommand.self,
      ModelCommand.self,
      CatalogueCommand.self,
      CoverageCommand.self,
      ReproduceCommand.self,
      LimitCommand.self,
      EvaluateCommand.self,
      LeaderboardCommand.self,
      DoctorCommand.self,
      VectorsCommand.self,
      CompressCommand.self,
      ClassifyCommand.self,
      BenchCommand.self,
      TrainCommand.self,
      GenerateCommand.self,
      MCPCommand.self,
      SparseCommand.self,
      RelevanceCommand.self,
      MultivectorCommand.self,
      LocateCommand.self,
    ])

  /// Runs the command; a `Problem` becomes one sentence on standard error and an exit code by its category.
  static func main() async {
    do {
      var command = try parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch let problem as any Problem {
      Terminal.standardError.write(Terminal.standardError.styled("error: ", .red, .bold) + problem.description + "\n")
      exit(code: problem.category.exitCode)
    } catch is CancellationError {
      Terminal.standardError.write("Stopped. What was done is kept; the same command continues.\n")
      exit(code: ProblemCategory.cancelled.exitCode)
    } catch {
      exit(withError: error)
    }
  }

  private static func exit(code: Int32) -> Never { Foundation.exit(code) }
}

/// The version of the product, as in CHANGELOG.md.
enum ProductVersion {
  static let current = "0.1.0"
}
