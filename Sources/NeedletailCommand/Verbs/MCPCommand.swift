internal import ArgumentParser
internal import Foundation
internal import Needletail
internal import NeedletailServer

struct MCPCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mcp", abstract: "Offer search to a language model, over standard input and output.",
    discussion: """
      Speaks the Model Context Protocol, one JSON message a line, with the tools search, similar and store. \\
      Clients start it themselves: give them the command "needletail mcp". A running `needletail serve` offers the same at /mcp.
      """)

  @OptionGroup var data: DataOptions
  @OptionGroup var embedding: EmbedderOptions

  @Option(name: .shortAndLong, help: ArgumentHelp("The collection that is meant if none is named.", valueName: "NAME"))
  var collection: String?

  func run() async throws {
    let registry = data.registry
    let precision = embedding.precision
    let options = SiteOptions(keeper: NoteKeeper(data: data, precision: precision, collection: collection ?? "default").keep)
    let site = SearchSite(
      data: data.directory, preferred: collection ?? "default", options: options,
      sparseEmbedder: { try registry.sparseEmbedder(for: $0, precision: precision) },
      embedder: { try registry.embedder(for: $0, precision: precision) })
    let server = site.contextServer
    while let line = readLine() {
      guard !line.isEmpty, let answer = await server.answer(Array(line.utf8)) else { continue }
      FileHandle.standardOutput.write(Data(answer + [UInt8(ascii: "\n")]))
    }
  }
}

/// Puts the notes of language models into a collection.
struct NoteKeeper: Sendable {
  let registry: ModelRegistry
  let directory: DataDirectory
  let precision: EmbedderPrecision
  let collection: String

  init(data: DataOptions, precision: EmbedderPrecision, collection: String) {
    registry = data.registry
    directory = data.directory
    self.precision = precision
    self.collection = collection
  }

  /// Keeps a note: with the model of the collection if there is one, in a new collection with the standard model if that
  /// was fetched, by words otherwise.
  @Sendable func keep(_ note: ContextServer.Note) async throws -> String {
    let name = note.collection ?? collection
    let (embedder, sparse) = try embedders(of: name)
    let tokenizer = embedder.chunkingTokenizer(beside: sparse)
    let index = try TextIndex(named: name, in: directory, embedder: embedder, sparseEmbedder: sparse, tokenizer: tokenizer)
    do {
      let id: String
      if let given = note.id {
        id = given
        try await index.add([Document(id: given, title: note.title, text: note.text)])
      } else if note.title.isEmpty {
        id = try await index.add([note.text]).first ?? ""
      } else {
        id = UUID().uuidString.lowercased()
        try await index.add([Document(id: id, title: note.title, text: note.text)])
      }
      await index.collection.close()
      return id
    } catch {
      await index.collection.close()
      throw error
    }
  }

  private func embedders(of name: String) throws -> (dense: (any TextEmbedder)?, sparse: SparseEmbedder?) {
    if try directory.collectionNames().contains(name) {
      let settings = try DocumentCollection.open(name, in: directory, access: .read).settings
      return (
        try settings.embedder.map { try registry.embedder(for: $0, precision: precision) },
        try settings.sparseEmbedder.map { try registry.sparseEmbedder(for: $0, precision: precision) }
      )
    }
    let standard = ModelRegistry.defaultModelName
    guard registry.models().contains(where: { $0.name == standard && $0.profile != nil }) else { return (nil, nil) }
    return (try registry.embedder(named: standard, precision: precision), nil)
  }
}
