internal import ArgumentParser
internal import Foundation
internal import Needletail

struct RemoveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove",
    abstract: "Remove documents, an indexed folder or a whole collection. Your files stay.")

  @Argument(help: "Documents (id or path as search prints them) or indexed folders.", completion: .file())
  var documents: [String] = []

  @OptionGroup var target: CollectionOptions
  @OptionGroup var output: OutputOptions

  @Flag(help: "Remove the whole collection.")
  var entireCollection = false

  private struct Report: Encodable {
    var removedDocuments = 0
    var removedCollection: String?
  }

  func validate() throws {
    guard entireCollection != !documents.isEmpty else {
      throw ValidationError("Name documents to remove, or say --entire-collection.")
    }
  }

  func run() async throws {
    var report = Report()
    if entireCollection {
      try target.data.directory.removeCollection(target.collection)
      report.removedCollection = target.collection
    } else {
      let collection = try DocumentCollection.open(target.collection, in: target.data.directory, access: .write)
      report.removedDocuments = try await remove(from: collection)
      try await collection.settle()
      await collection.close()
    }
    if output.json { return try JSONOutput.write(report) }
    Terminal.standardOutput.write(
      report.removedCollection.map { "Removed collection \($0).\n" }
        ?? "Removed \(Units.count(report.removedDocuments, "document")).\n")
  }

  /// A name that is an indexed folder stands for all that came from it.
  private func remove(from collection: DocumentCollection) async throws -> Int {
    let roots = Set(try collection.roots())
    var names: [String] = []
    for name in documents {
      let root = URL(fileURLWithPath: name).standardizedFileURL.path
      guard roots.contains(root) else {
        names.append(name)
        continue
      }
      names += try collection.fingerprints(under: root).keys
      try await collection.removeRoot(root)
    }
    return try await collection.remove(documents: names)
  }
}
