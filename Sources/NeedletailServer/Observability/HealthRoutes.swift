internal import HTTPTypes
internal import Hummingbird

/// What a supervisor asks: is the process alive, can it answer.
struct HealthRoutes: Sendable {
  let service: SearchService

  func add(to router: Router<BasicRequestContext>) {
    router.get("/livez") { _, _ in try Response.json(["status": "alive"]) }
    router.get("/readyz") { _, _ in
      let collections = try await service.collections()
      guard !collections.isEmpty else { throw ServerError.nothingIndexed }
      return try Response.json(["status": "ready"])
    }
  }
}
