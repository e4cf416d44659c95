internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NeedletailPoints
internal import Synchronization

/// A file to which every change and every refusal is appended as a line of JSON: when, who, what, and with what outcome.
///
/// Bodies stay out of it: what people store and look for is theirs. A line is written before the answer goes out.
public final class AuditLog: Sendable {
  private let file: LineFile
  public var path: String { file.path }

  /// Opens the file, or makes one that only its owner can read.
  ///
  /// - Throws: `ServerError.cannotAudit`: a server that is to be audited does not serve without.
  public init(path: String) throws(ServerError) {
    do throws(LineFile.Failure) {
      file = try LineFile(path: path)
    } catch {
      throw .cannotAudit(path: path, reason: error.reason)
    }
  }

  struct Entry {
    var time: Date
    var who: String
    var method: String
    var path: String
    var status: Int
    var seconds: Double
  }

  /// Appends a line.
  func note(_ entry: Entry) throws {
    let line = JSONText { writer in
      writer.object { writer in
        writer.member("time") { $0.string(entry.time.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))) }
        writer.member("who") { $0.string(entry.who) }
        writer.member("method") { $0.string(entry.method) }
        writer.member("path") { $0.string(entry.path) }
        writer.member("status") { $0.integer(entry.status) }
        writer.member("outcome") { $0.string(entry.status < 400 ? "done" : entry.status == 401 || entry.status == 403 ? "refused" : "failed") }
        writer.member("milliseconds") { $0.double((entry.seconds * 100_000).rounded() / 100) }
      }
    }
    try file.append(line)
  }
}

/// Who a request comes from, as far as its key tells. Filled in by `KeyGuard`.
final class RequestIdentity: Sendable {
  @TaskLocal static var current: RequestIdentity?

  private let name = Mutex("anonymous")

  var who: String { name.withLock { $0 } }
  func set(_ who: String) { name.withLock { $0 = who } }
}

/// Notes changes and refusals. Stands before the guards, so that what they refuse is noted, too.
struct AuditMiddleware<Context: RequestContext>: RouterMiddleware {
  let log: AuditLog

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    let identity = RequestIdentity()
    let (time, start) = (Date(), ContinuousClock.now)
    func note(_ status: Int) {
      guard !KeyGuard<Context>.reads(request.method, request.uri.path) || status == 401 || status == 403 else { return }
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      do {
        try log.note(
          AuditLog.Entry(time: time, who: identity.who, method: request.method.rawValue, path: request.uri.path, status: status, seconds: seconds))
      } catch {
        context.logger.error("the audit log \(log.path) cannot be written: \(error)")
      }
    }
    do {
      let response = try await RequestIdentity.$current.withValue(identity) { try await next(request, context) }
      note(response.status.code)
      return response
    } catch {
      note(ReportedProblem(error, path: request.uri.path).status.code)
      throw error
    }
  }
}
