internal import ArgumentParser
internal import Foundation
internal import NeedletailReproduction

/// Where the catalogue of published systems is.
struct CatalogueOptions: ParsableArguments {
  @Option(
    name: .customLong("directory"),
    help: ArgumentHelp("The Catalogue folder; otherwise the one here or above.", valueName: "DIR"), completion: .directory)
  var catalogue: String?

  /// The folder that was named, or the one of the working directory, of the executable, or of a folder above either.
  func folder() throws -> String {
    let executable = Bundle.main.executableURL?.resolvingSymlinksInPath().path ?? "/"
    guard let folder = catalogue ?? Catalogue.nearest(to: [FileManager.default.currentDirectoryPath, executable]) else {
      throw CommandProblem.catalogueNotFound
    }
    return folder
  }

  /// All entries, by number.
  func entries() throws -> [CatalogueEntry] { try Catalogue.entries(in: folder()) }
}
