internal import Foundation
internal import HummingbirdCore
internal import HummingbirdTLS
internal import NIOSSL

/// The certificate and the private key with which a server speaks TLS, as paths of PEM files.
public struct TransportSecurity: Hashable, Sendable {
  /// The certificate of the server, and after it those that vouch for it.
  public var certificatePath: String
  public var keyPath: String

  public init(certificatePath: String, keyPath: String) {
    self.certificatePath = certificatePath
    self.keyPath = keyPath
  }

  /// A server that speaks TLS 1.2 or later only.
  ///
  /// - Throws: `ServerError.unusableCertificate` that names the file and what is wrong with it.
  func server() throws(ServerError) -> HTTPServerBuilder {
    let certificates = try Self.reading(certificatePath, "certificate") { try NIOSSLCertificate.fromPEMFile($0) }
    guard !certificates.isEmpty else { throw .unusableCertificate(path: certificatePath, reason: "it holds no certificate in PEM form") }
    let key = try Self.reading(keyPath, "private key") { try NIOSSLPrivateKey(file: $0, format: .pem) }
    var configuration = TLSConfiguration.makeServerConfiguration(certificateChain: certificates.map { .certificate($0) }, privateKey: .privateKey(key))
    configuration.minimumTLSVersion = .tlsv12
    do {
      _ = try NIOSSLContext(configuration: configuration)
      return try .tls(tlsConfiguration: configuration)
    } catch {
      throw .unusableCertificate(path: certificatePath, reason: "it does not belong to the key \(keyPath) (\(error))")
    }
  }

  private static func reading<Value>(_ path: String, _ what: String, _ read: (String) throws -> Value) throws(ServerError) -> Value {
    guard FileManager.default.isReadableFile(atPath: path) else { throw .unusableCertificate(path: path, reason: "the file is missing or may not be read") }
    do {
      return try read(path)
    } catch {
      throw .unusableCertificate(path: path, reason: "it holds no \(what) in PEM form (\(error))")
    }
  }
}
