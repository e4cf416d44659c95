/// The links of a graph that is being built, with their distances and some room beyond the degree, so that not every
/// link back to a row calls for a new choice.
///
/// Within a round each row is written by one thread and not read by others, or only read.
final class GrowingLinks: Sendable {
  private let count: Int
  private let degree: Int
  private let room: Int
  private let targets: AlignedMemory
  private let distances: AlignedMemory

  static func room(_ degree: Int) -> Int { degree + degree / 2 }

  init(count: Int, degree: Int) {
    self.count = count
    self.degree = degree
    room = Self.room(degree)
    targets = AlignedMemory.zeroed(count: count * room * MemoryLayout<Row>.size)
    distances = AlignedMemory.zeroed(count: count * room * MemoryLayout<Float>.size)
    unsafe targetStart.update(repeating: Links.none, count: count * room)
  }

  private var targetStart: UnsafeMutablePointer<Row> { unsafe targets.start.assumingMemoryBound(to: Row.self) }
  private var distanceStart: UnsafeMutablePointer<Float> { unsafe distances.start.assumingMemoryBound(to: Float.self) }

  @unsafe var pointer: LinkPointer { unsafe LinkPointer(base: targetStart, stride: room) }

  func candidates(of row: Row) -> [LinkCandidate] {
    let start = Int(row) * room
    var result: [LinkCandidate] = []
    result.reserveCapacity(2 * room)
    for place in start..<start + room {
      guard unsafe targetStart[place] != Links.none else { break }
      result.append(unsafe LinkCandidate(row: targetStart[place], distance: distanceStart[place]))
    }
    return result
  }

  func set(_ row: Row, _ links: [LinkCandidate]) {
    let start = Int(row) * room
    for place in 0..<room {
      let link = place < links.count ? links[place] : LinkCandidate(row: Links.none, distance: 0)
      unsafe targetStart[start + place] = link.row
      unsafe distanceStart[start + place] = link.distance
    }
  }

  /// Adds links if there is room for all of them; returns whether there was.
  func append(_ links: [LinkCandidate], to row: Row) -> Bool {
    let start = Int(row) * room
    var used = 0
    while used < room, unsafe targetStart[start + used] != Links.none { used += 1 }
    guard used + links.count <= room else { return false }
    for (offset, link) in links.enumerated() {
      unsafe targetStart[start + used + offset] = link.row
      unsafe distanceStart[start + used + offset] = link.distance
    }
    return true
  }

  /// The first `degree` links of each row, in the form that is searched and written.
  var finished: Links {
    let (degree, room, count) = (degree, room, count)
    let column = unsafe Column<Row>(count: count * degree) { result in
      for row in 0..<count {
        unsafe (result + row * degree).update(from: targetStart + row * room, count: degree)
      }
    }
    return Links(targets: column, degree: degree)
  }
}
