internal import Mustache

/// The pages' templates, built into the program.
struct Templates: Sendable {
  private let library: MustacheLibrary

  init() throws(ServerError) {
    MustacheContentTypes.register(HTMLEscaping(), named: HTMLEscaping.name)
    var library = MustacheLibrary()
    for (name, bytes) in Self.sources {
      do {
        // Partials start over with Mustache's own escaping, so each template has to ask for ours: none may forget it.
        let source = "{{% CONTENT_TYPE:\(HTMLEscaping.name)}}" + String(decoding: bytes, as: UTF8.self)
        try library.register(source, named: name)
      } catch {
        throw .brokenResource(name: name, reason: "\(error)")
      }
    }
    self.library = library
  }

  func render(_ name: String, _ page: some Sendable) throws(ServerError) -> String {
    guard let text = library.render(page, withTemplate: name) else {
      throw .brokenResource(name: name, reason: "it does not exist")
    }
    return text
  }

  private static let sources: [(name: String, bytes: [UInt8])] = [
    ("layout", PackageResources.layout_mustache),
    ("searchform", PackageResources.searchform_mustache),
    ("search", PackageResources.search_mustache),
    ("answer", PackageResources.answer_mustache),
    ("pages", PackageResources.pages_mustache),
    ("parts", PackageResources.parts_mustache),
    ("document", PackageResources.document_mustache),
    ("routes", PackageResources.routes_mustache),
    ("dashboard", PackageResources.dashboard_mustache),
    ("error", PackageResources.error_mustache),
  ]
}
