internal import NeedletailCore
internal import NeedletailRetrieval

/// The state of the page in the form of its address: what every link and the form carry on.
struct PageAddress: Hashable, Sendable {
  /// nil: the default collection, or the only one.
  var collection: String?
  var query = ""
  /// nil: what the collection recommends.
  var mode: SearchMode?
  /// The document to find others like, in place of a query.
  var like: String?
  var filters: [String] = []
  var offset = 0

  init() {}

  init(_ asked: SearchParameters) {
    collection = asked.collection
    query = asked.query
    mode = asked.mode
    like = asked.like
    filters = asked.filters
    offset = asked.offset
  }

  /// The address of the search page in this state.
  var href: String { Self.href("/", parameters) }

  /// The address of a document that leads back to this state. `passage` is the one to scroll to.
  func document(_ id: String, passage: PassageID?) -> String {
    var own = [("id", id)]
    if let passage { own.append(("passage", String(passage))) }
    return Self.href("/document", own + parameters) + (passage == nil ? "" : "#passage")
  }

  /// The first page of documents like another one, in the same collection.
  func similar(to id: String) -> String {
    var address = PageAddress()
    address.collection = collection
    address.like = id
    return address.href
  }

  func with(filters: [String]) -> PageAddress {
    var address = self
    address.filters = filters
    address.offset = 0
    return address
  }

  func with(offset: Int) -> PageAddress {
    var address = self
    address.offset = max(0, offset)
    return address
  }

  private var parameters: [(String, String)] {
    var parameters: [(String, String)] = []
    if !query.isEmpty { parameters.append(("q", query)) }
    if let like { parameters.append(("like", like)) }
    if let mode { parameters.append(("mode", mode.rawValue)) }
    if let collection { parameters.append(("collection", collection)) }
    parameters += filters.map { ("filter", $0) }
    if offset > 0 { parameters.append(("offset", String(offset))) }
    return parameters
  }

  private static func href(_ path: String, _ parameters: [(String, String)]) -> String {
    guard !parameters.isEmpty else { return path }
    return path + "?" + parameters.map { "\($0)=\(encode($1))" }.joined(separator: "&")
  }

  /// Percent-encodes everything but RFC 3986's unreserved characters.
  static func encode(_ text: String) -> String {
    var encoded: [UInt8] = []
    let digits = Array("0123456789ABCDEF".utf8)
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
        encoded.append(byte)
      default:
        encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: encoded, as: UTF8.self)
  }
}
