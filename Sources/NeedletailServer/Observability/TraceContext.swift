internal import HTTPTypes
internal import Tracing

/// Where a span stands among those of other programs, as the header `traceparent` says it (W3C Trace Context, level 1,
/// section 3.2).
struct TraceContext: Hashable, Sendable {
  /// Never zero.
  var trace: (high: UInt64, low: UInt64)
  /// Never zero.
  var span: UInt64
  /// Whether whoever began the trace records it.
  var isSampled: Bool

  init(trace: (high: UInt64, low: UInt64), span: UInt64, isSampled: Bool) {
    self.trace = trace
    self.span = span
    self.isSampled = isSampled
  }

  /// Reads a header; nil for one that has to be ignored.
  init?(_ header: String) {
    let parts = header.split(separator: "-", omittingEmptySubsequences: false)
    // Later versions may have more parts; the last version number is forbidden.
    guard parts.count >= 4, parts[0].count == 2, parts[0] != "ff", parts[0] != "00" || parts.count == 4,
      parts.prefix(4).allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) } }),
      parts[1].utf8.count == 32, parts[2].utf8.count == 16, parts[3].utf8.count == 2,
      let high = UInt64(parts[1].prefix(16), radix: 16), let low = UInt64(parts[1].suffix(16), radix: 16), high | low != 0,
      let span = UInt64(parts[2], radix: 16), span != 0, let flags = UInt8(parts[3], radix: 16)
    else { return nil }
    self.init(trace: (high, low), span: span, isSampled: flags & 1 == 1)
  }

  /// The header for programs that are called.
  var header: String { "00-\(traceText)-\(Self.hexadecimal(span))-\(isSampled ? "01" : "00")" }
  var traceText: String { Self.hexadecimal(trace.high) + Self.hexadecimal(trace.low) }

  static func hexadecimal(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  static func == (left: TraceContext, right: TraceContext) -> Bool {
    left.trace == right.trace && left.span == right.span && left.isSampled == right.isSampled
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(trace.high)
    hasher.combine(trace.low)
    hasher.combine(span)
    hasher.combine(isSampled)
  }
}

extension InstrumentationContext {
  private enum Key: InstrumentationContextKey {
    typealias Value = TraceContext
    static var nameOverride: String? { "traceparent" }
  }

  /// The span that what happens now belongs to.
  var trace: TraceContext? {
    get { self[Key.self] }
    set { self[Key.self] = newValue }
  }
}

/// Reads and writes the fields of a head.
struct HeaderFields: Extractor, Injector {
  func extract(key: String, from carrier: HTTPFields) -> String? { HTTPField.Name(key).flatMap { carrier[$0] } }

  func inject(_ value: String, forKey key: String, into carrier: inout HTTPFields) {
    if let name = HTTPField.Name(key) { carrier[name] = value }
  }
}
