internal import HTTPTypes
internal import Hummingbird

/// The style sheet, script and icon, built into the program.
struct Assets: Sendable {
  struct Asset: Sendable {
    let name: String
    let type: String
    let bytes: [UInt8]
    /// Changes with the contents.
    let version: String

    init(_ name: String, type: String, _ bytes: [UInt8]) {
      self.name = name
      self.type = type
      self.bytes = bytes
      version = String(Self.fingerprint(bytes), radix: 16)
    }

    var href: String { "/assets/\(name)?v=\(version)" }

    /// FNV-1a; tells versions apart and protects nothing.
    private static func fingerprint(_ bytes: [UInt8]) -> UInt64 {
      bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
  }

  static let style = Asset("page.css", type: "text/css; charset=utf-8", PackageResources.page_css)
  static let script = Asset("page.js", type: "text/javascript; charset=utf-8", PackageResources.page_js)
  static let dashboard = Asset("dashboard.js", type: "text/javascript; charset=utf-8", PackageResources.dashboard_js)
  static let icon = Asset("icon.svg", type: "image/svg+xml", PackageResources.icon_svg)

  func add(to router: Router<BasicRequestContext>) {
    for asset in [Self.style, Self.script, Self.dashboard, Self.icon] {
      router.get("/assets/\(asset.name)") { request, _ in Self.response(with: asset, to: request) }
    }
  }

  /// An address with the version may be kept for ever, since other contents have another address.
  private static func response(with asset: Asset, to request: Request) -> Response {
    let tag = "\"\(asset.version)\""
    let isPinned = QueryParameters(request.uri.query)["v"] == asset.version
    let headers: HTTPFields = [
      .eTag: tag,
      .contentType: asset.type,
      .cacheControl: isPinned ? "public, max-age=31536000, immutable" : "no-cache",
    ]
    if request.headers[.ifNoneMatch] == tag {
      return Response(status: .notModified, headers: headers)
    }
    return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: asset.bytes)))
  }
}
