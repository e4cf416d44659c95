internal import Foundation
#if canImport(FoundationNetworking)
  internal import FoundationNetworking
#endif
internal import HTTPTypes
internal import NeedletailPoints

/// Fetches snapshots from other servers, from hosts that the operator named only.
///
/// Whoever may recover a collection could otherwise make this server send requests to any address that it can reach and its
/// clients cannot. For the same reason redirections are not followed.
struct SnapshotSource: Sendable {
  /// Names of hosts, with a port where it is not that of the scheme.
  let hosts: Set<String>
  private static let seconds = 600.0

  /// Fetches a file into a folder and returns its path; the caller removes it.
  ///
  /// - Parameters:
  ///   - url: where it is.
  ///   - folder: where it is put.
  ///   - key: a key for the other server.
  func fetch(_ url: URL, into folder: String, key: String?) async throws -> String {
    let host = (url.host ?? "").lowercased() + (url.port.map { ":\($0)" } ?? "")
    guard hosts.contains(host) else {
      throw PointError.forbidden("Snapshots are not fetched from \(host); start the server with --snapshot-host \(host) to allow it")
    }
    var request = URLRequest(url: url, timeoutInterval: Self.seconds)
    if let key { request.setValue(key, forHTTPHeaderField: "api-key") }
    for field in RequestTracing.outgoing { request.setValue(field.value, forHTTPHeaderField: field.name.rawName) }
    let target = "\(folder)/.\(UUID().uuidString).download"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let session = URLSession(configuration: .ephemeral, delegate: NoRedirection(), delegateQueue: nil)
    defer { session.finishTasksAndInvalidate() }
    let problem = await withCheckedContinuation { (continuation: CheckedContinuation<String?, Never>) in
      session.downloadTask(with: request) { file, response, error in
        let status = (response as? HTTPURLResponse)?.statusCode ?? 0
        guard let file, error == nil, status == 200 else {
          return continuation.resume(returning: error?.localizedDescription ?? "the status is \(status)")
        }
        do {
          // The file is gone once this returns.
          try FileManager.default.moveItem(at: file, to: URL(fileURLWithPath: target))
          continuation.resume(returning: nil)
        } catch {
          continuation.resume(returning: error.localizedDescription)
        }
      }.resume()
    }
    if let problem { throw PointError.badRequest("Failed to download snapshot from \(url): \(problem)") }
    return target
  }
}

/// Does not go where a server sends.
private final class NoRedirection: NSObject, URLSessionTaskDelegate {
  func urlSession(
    _: URLSession, task _: URLSessionTask, willPerformHTTPRedirection _: HTTPURLResponse, newRequest _: URLRequest,
    completionHandler: @escaping (URLRequest?) -> Void
  ) { completionHandler(nil) }
}
