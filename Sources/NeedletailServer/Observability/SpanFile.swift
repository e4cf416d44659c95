internal import Foundation
internal import NeedletailPoints
internal import Synchronization
public import Tracing

/// Records spans in a file, a line of JSON each, in the format of OpenTelemetry's file exporter (OTLP/JSON): a collector reads it
/// with its receiver `otlpjsonfile`.
///
/// A program that has a tracer of its own bootstraps `InstrumentationSystem` with it instead.
public final class SpanFile: Tracer {
  private let file: LineFile

  /// Opens the file, or makes one that only its owner can read.
  ///
  /// - Throws: `ServerError.cannotTrace`.
  public init(path: String) throws(ServerError) {
    do throws(LineFile.Failure) {
      file = try LineFile(path: path)
    } catch {
      throw .cannotTrace(path: path, reason: error.reason)
    }
  }

  public func startSpan<Instant: TracerInstant>(
    _ operationName: String, context: @autoclosure () -> InstrumentationContext, ofKind kind: SpanKind, at instant: @autoclosure () -> Instant,
    function: String, file fileID: String, line: UInt
  ) -> RecordedSpan {
    var context = context()
    let parent = context.trace
    var random = SystemRandomNumberGenerator()
    func identifier() -> UInt64 { .random(in: 1...(.max), using: &random) }
    context.trace = TraceContext(trace: parent?.trace ?? (identifier(), identifier()), span: identifier(), isSampled: parent?.isSampled ?? true)
    let file = file
    return RecordedSpan(operationName, kind, context, parent: parent?.span, start: instant().nanosecondsSinceEpoch) { try? file.append($0) }
  }

  public func forceFlush() {}

  public func extract<Carrier, Extract: Extractor>(_ carrier: Carrier, into context: inout InstrumentationContext, using extractor: Extract)
  where Extract.Carrier == Carrier {
    if let header = extractor.extract(key: "traceparent", from: carrier), let trace = TraceContext(header) { context.trace = trace }
  }

  public func inject<Carrier, Inject: Injector>(_ context: InstrumentationContext, into carrier: inout Carrier, using injector: Inject)
  where Inject.Carrier == Carrier {
    if let trace = context.trace { injector.inject(trace.header, forKey: "traceparent", into: &carrier) }
  }
}

/// A span that is written once it ends, unless whoever began the trace does not record it.
public final class RecordedSpan: Span {
  private struct State {
    var name: String
    var attributes = SpanAttributes()
    var error: String?
    var isOver = false
  }

  public let context: InstrumentationContext
  private let kind: SpanKind
  private let parent: UInt64?
  private let start: UInt64
  /// Times are measured by a clock that nobody sets.
  private let begin = ContinuousClock.now
  private let state: Mutex<State>
  private let write: @Sendable (JSONText) -> Void

  init(_ name: String, _ kind: SpanKind, _ context: InstrumentationContext, parent: UInt64?, start: UInt64, write: @escaping @Sendable (JSONText) -> Void) {
    self.context = context
    self.kind = kind
    self.parent = parent
    self.start = start
    self.write = write
    state = Mutex(State(name: name))
  }

  public var operationName: String {
    get { state.withLock { $0.name } }
    set { state.withLock { $0.name = newValue } }
  }

  public var attributes: SpanAttributes {
    get { state.withLock { $0.attributes } }
    set { state.withLock { $0.attributes = newValue } }
  }

  public var isRecording: Bool { context.trace?.isSampled == true && state.withLock { !$0.isOver } }

  public func setStatus(_ status: SpanStatus) {
    state.withLock { $0.error = status.code == .error ? status.message ?? "" : nil }
  }

  public func addEvent(_: SpanEvent) {}
  public func addLink(_: SpanLink) {}

  public func recordError<Instant: TracerInstant>(_ error: any Error, attributes _: SpanAttributes, at _: @autoclosure () -> Instant) {
    state.withLock { $0.error = "\(error)" }
  }

  public func end<Instant: TracerInstant>(at _: @autoclosure () -> Instant) {
    guard isRecording, let trace = context.trace else { return }
    let last = state.withLock { state in
      state.isOver = true
      return (name: state.name, attributes: state.attributes, error: state.error)
    }
    let end = start + UInt64(max(0, (ContinuousClock.now - begin) / .nanoseconds(1)))
    var span = JSONWriter()
    span.object { writer in
      writer.member("traceId") { $0.string(trace.traceText) }
      writer.member("spanId") { $0.string(TraceContext.hexadecimal(trace.span)) }
      if let parent { writer.member("parentSpanId") { $0.string(TraceContext.hexadecimal(parent)) } }
      writer.member("name") { $0.string(last.name) }
      writer.member("kind") { $0.integer(Self.number(kind)) }
      writer.member("startTimeUnixNano") { $0.string("\(start)") }
      writer.member("endTimeUnixNano") { $0.string("\(end)") }
      writer.member("attributes") { writer in
        writer.array { writer in last.attributes.forEach { name, value in writer.attribute(name, value) } }
      }
      if let error = last.error {
        writer.member("status") { writer in
          writer.object { writer in
            writer.member("code") { $0.integer(2) }
            writer.member("message") { $0.string(error) }
          }
        }
      }
    }
    write(JSONText { $0.raw(Self.beginning + span.text + "]}]}]}") })
  }

  /// What the format puts around a span: who records, and with what.
  private static let beginning =
    #"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"needletail"}}]},"#
    + #""scopeSpans":[{"scope":{"name":"needletail"},"spans":["#

  private static func number(_ kind: SpanKind) -> Int {
    switch kind {
    case .internal: 1
    case .server: 2
    case .client: 3
    case .producer: 4
    case .consumer: 5
    }
  }
}

extension JSONWriter {
  fileprivate mutating func attribute(_ name: String, _ value: SpanAttribute) {
    object { writer in
      writer.member("key") { $0.string(name) }
      writer.member("value") { writer in
        writer.object { writer in
          switch value {
          // Whole numbers of 64 bits are texts in the JSON of protocol buffers.
          case .int32(let value): writer.member("intValue") { $0.string("\(value)") }
          case .int64(let value): writer.member("intValue") { $0.string("\(value)") }
          case .double(let value): writer.member("doubleValue") { $0.double(value) }
          case .bool(let value): writer.member("boolValue") { $0.bool(value) }
          case .string(let value): writer.member("stringValue") { $0.string(value) }
          default: writer.member("stringValue") { $0.string("\(value)") }
          }
        }
      }
    }
  }
}
