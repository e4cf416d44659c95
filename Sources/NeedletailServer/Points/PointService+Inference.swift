internal import NeedletailCore
internal import NeedletailPoints

extension PointService {
  /// The vectors of texts.
  ///
  /// - Throws: `PointError.badRequest` that names the first model that is not there.
  func vectors(of documents: [QueryDocument], as role: Role) async throws -> [QueryDocument: VectorValue] {
    let unique = Array(Set(documents)).sorted { ($0.model, $0.text) < ($1.model, $1.text) }
    let vectors = try await inference(unique, role)
    if let missing = unique.first(where: { vectors[$0] == nil }) {
      throw PointError.badRequest("the model \(missing.model) is not available for inference; `needletail model list` names those that are")
    }
    return vectors
  }
}
