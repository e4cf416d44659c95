internal import ArgumentParser
internal import Foundation
internal import Needletail
internal import NeedletailReproduction

/// What experiments work with: collections, models, a seed.
struct LaboratoryOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The seed of everything random.", valueName: "N")) var seed: UInt64 = 1
  @Option(
    help: ArgumentHelp(
      "The folder with the test collections.",
      discussion: "Otherwise NEEDLETAIL_COLLECTIONS, otherwise shared/data beside the checkout.", valueName: "DIR"),
    completion: .directory)
  var collections: String?
  @OptionGroup var data: DataOptions

  /// The folder that was named, or the one beside the checkout.
  func collectionsFolder(_ catalogue: CatalogueOptions) throws -> String {
    if let named = collections ?? ProcessInfo.processInfo.environment["NEEDLETAIL_COLLECTIONS"] { return named }
    guard let folder = try? catalogue.folder() else { throw CommandProblem.collectionsNotFound }
    return URL(fileURLWithPath: folder + "/../../shared/data").standardizedFileURL.path
  }

  /// Runs a closure with a laboratory, whose scratch folder is removed afterwards.
  func with<Result: Sendable>(
    _ catalogue: CatalogueOptions, _ line: ProgressLine, _ body: (Laboratory) async throws -> Result
  ) async throws -> Result {
    let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("needletail-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: scratch) }
    let laboratory = try Laboratory(
      collections: collectionsFolder(catalogue), registry: data.registry, cachePath: data.embeddingCachePath,
      scratch: scratch.path, seed: seed
    ) { text, fraction in
      line.update(done: Int((fraction ?? 0) * 100), total: fraction == nil ? nil : 100, detail: text)
    }
    return try await body(laboratory)
  }
}
