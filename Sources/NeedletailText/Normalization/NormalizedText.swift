/// Normalised UTF-8 that remembers, on request, where each byte came from.
struct NormalizedText {
  private(set) var bytes: [UInt8] = []
  /// For each byte, where the scalar it was made from begins and ends in the source; empty unless origins are kept.
  private(set) var origins: [Range<Int32>] = []
  let keepsOrigins: Bool
  /// The scalars with a combining class other than zero at the end, which a later one may have to pass.
  private var openMarks: [(combiningClass: UInt16, length: Int)] = []

  init(keepsOrigins: Bool) { self.keepsOrigins = keepsOrigins }

  mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    origins.removeAll(keepingCapacity: true)
    openMarks.removeAll(keepingCapacity: true)
  }

  mutating func reserve(_ count: Int) {
    bytes.reserveCapacity(count)
    if keepsOrigins { origins.reserveCapacity(count) }
  }

  /// Where the bytes of `range`, which is not empty, come from.
  func source(of range: Range<Int>) -> Range<Int> {
    guard keepsOrigins else { return 0..<0 }
    let lower = Int(origins[range.lowerBound].lowerBound)
    // A mark that moved forward may end before what follows it begins.
    return lower..<max(lower, Int(origins[range.upperBound - 1].upperBound))
  }

  /// Where what `range`, which is not empty, stands for begins.
  func start(of range: Range<Int>) -> Int { keepsOrigins ? Int(origins[range.lowerBound].lowerBound) : 0 }

  @inline(__always)
  mutating func append(byte: UInt8, origin: Range<Int32>) {
    bytes.append(byte)
    if keepsOrigins { origins.append(origin) }
  }

  /// Appends bytes of the source as they are.
  mutating func append(verbatim source: Span<UInt8>, _ range: Range<Int>) {
    bytes.reserveCapacity(bytes.count + range.count)
    for position in range { bytes.append(source[position]) }
    guard keepsOrigins else { return }
    var position = range.lowerBound
    while position < range.upperBound {
      let end = min(range.upperBound, position + Scalars.decode(source, at: position).length)
      origins.append(contentsOf: repeatElement(Int32(position)..<Int32(end), count: end - position))
      position = end
    }
  }

  /// Appends bytes that all stand for the same place of the source.
  mutating func append(_ replacement: some Collection<UInt8>, at origin: Range<Int>) {
    bytes.append(contentsOf: replacement)
    guard keepsOrigins else { return }
    origins.append(contentsOf: repeatElement(Int32(origin.lowerBound)..<Int32(origin.upperBound), count: replacement.count))
  }

  /// Appends a part of another text together with where it comes from.
  mutating func append(copying other: borrowing NormalizedText, _ range: Range<Int>) {
    bytes.append(contentsOf: other.bytes[range])
    if keepsOrigins { origins.append(contentsOf: other.origins[range]) }
  }

  /// Replaces origins in a text that this one was made from by those of that text.
  mutating func rebase(onto previous: borrowing NormalizedText) {
    guard keepsOrigins else { return }
    for index in origins.indices {
      let origin = Int(origins[index].lowerBound)..<Int(origins[index].upperBound)
      if origin.isEmpty {
        let place = origin.lowerBound < previous.origins.count
          ? previous.origins[origin.lowerBound].lowerBound : previous.origins.last?.upperBound ?? 0
        origins[index] = place..<place
      } else {
        let source = previous.source(of: origin)
        origins[index] = Int32(source.lowerBound)..<Int32(source.upperBound)
      }
    }
  }

  mutating func append(scalar: UInt32, origin: Range<Int32>) {
    let start = bytes.count
    Scalars.append(scalar, to: &bytes)
    if keepsOrigins { origins.append(contentsOf: repeatElement(origin, count: bytes.count - start)) }
  }

  /// Notes that a scalar with combining class 0 was met: what stands before it keeps its place.
  mutating func closeMarks() {
    if !openMarks.isEmpty { openMarks.removeAll(keepingCapacity: true) }
  }

  /// Appends a scalar with a combining class other than zero, before the open ones with a higher class
  /// (canonical ordering algorithm, Unicode Standard D109).
  mutating func appendMark(_ scalar: UInt32, combiningClass: UInt16, origin: Range<Int32>) {
    let start = bytes.count
    append(scalar: scalar, origin: origin)
    let length = bytes.count - start
    var place = openMarks.count
    var shift = 0
    while place > 0, openMarks[place - 1].combiningClass > combiningClass {
      place -= 1
      shift += openMarks[place].length
    }
    openMarks.insert((combiningClass, length), at: place)
    guard shift > 0 else { return }
    let moved = Array(bytes[start...])
    bytes.removeLast(length)
    bytes.insert(contentsOf: moved, at: start - shift)
    if keepsOrigins {
      origins.removeLast(length)
      origins.insert(contentsOf: repeatElement(origin, count: length), at: start - shift)
    }
  }
}
