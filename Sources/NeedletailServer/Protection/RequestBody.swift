internal import HTTPTypes
internal import Hummingbird

extension Request {
  /// The whole body.
  ///
  /// - Throws: `HTTPError` (413) for one that is larger than `limit`; `CancellationError` if whoever sends it goes away before its
  ///   end, which is no failure of the server.
  func bytes(upTo limit: Int) async throws -> [UInt8] {
    if let length = headers[.contentLength].flatMap(Int.init), length > limit { throw HTTPError(.contentTooLarge) }
    do {
      return Array(buffer: try await body.collect(upTo: limit))
    } catch let error as HTTPError {
      throw error
    } catch {
      throw CancellationError()
    }
  }
}
