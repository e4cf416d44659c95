internal import NeedletailCore
internal import NeedletailNumerics

/// Random factors that make one number of the coordinates of a cell.
struct CellKeys: Sendable {
  private let factors: [UInt64]

  init(dimension: Int, _ generator: inout SeededGenerator) {
    factors = (0..<dimension).map { _ in generator.next() | 1 }
  }

  /// The hash of the cell of a vector: the sum of coordinates times factors, mixed. Two cells have the same with a chance of about one
  /// in 2^60.
  ///
  /// - Parameters:
  ///   - values: where the vector's components stand, from `start` on.
  ///   - shifts: the shift of each component in cells, from `shiftStart` on.
  ///   - scale: one over the side of a cell.
  @inline(__always)
  func hash(_ values: [Float], at start: Int, _ shifts: [Float], at shiftStart: Int, scale: Float) -> UInt64 {
    let dimension = factors.count
    precondition(start + dimension <= values.count && shiftStart + dimension <= shifts.count, "a component and a shift for each factor")
    // Added to this, a number is rounded to a whole one, which stands in the lowest bits: a cell in few instructions. Beyond four million
    // sides from the origin cells grow, as the distance of neighbouring floats does.
    let rounding: Float = 0x1.8p23
    let sum = unsafe values.withUnsafeBufferPointer { values in
      unsafe shifts.withUnsafeBufferPointer { shifts in
        unsafe factors.withUnsafeBufferPointer { factors in
          let (values, shifts) = unsafe (values.baseAddress.unsafelyUnwrapped + start, shifts.baseAddress.unsafelyUnwrapped + shiftStart)
          var sum: UInt64 = 0
          for index in 0..<dimension {
            unsafe sum &+= UInt64((values[index] * scale + shifts[index] + rounding).bitPattern) &* factors[index]
          }
          return sum
        }
      }
    }
    let mixed = (sum ^ sum >> 29) &* 0xBF58_476D_1CE4_E5B9
    return mixed ^ mixed >> 32
  }
}

/// Which items have a feature in which cell of one grid.
struct GridCells: Sendable {
  private struct Entry: BitwiseCopyable, Sendable {
    /// The part of the hash that the bucket does not tell.
    var tail: UInt32
    var item: Row
  }

  /// Entries whose hashes begin with the same bits lie together: where they begin; one more than there are.
  private var starts: [UInt32]
  private var entries: [Entry]
  /// How far a hash is shifted to the number of its bucket.
  private let shift: UInt64

  /// - Parameters:
  ///   - hashes: of the cell of each feature.
  ///   - owners: the item of each feature, ascending.
  init(_ hashes: [UInt64], owners: [Row]) {
    let bits = max(1, Int.bitWidth - 1 - max(1, hashes.count).leadingZeroBitCount)
    let shift = UInt64(64 - bits)
    self.shift = shift
    var starts = [UInt32](repeating: 0, count: 1 << bits + 1)
    for hash in hashes { starts[Int(hash >> shift) + 1] += 1 }
    for bucket in 0..<1 << bits { starts[bucket + 1] += starts[bucket] }
    var next = starts
    var entries = [Entry](repeating: Entry(tail: 0, item: 0), count: hashes.count)
    for (feature, hash) in hashes.enumerated() {
      let bucket = Int(hash >> shift)
      let entry = Entry(tail: UInt32(truncatingIfNeeded: hash), item: owners[feature])
      // An item counts once in a cell. Its features come one after the other, so that its other entries are the last ones.
      var place = Int(next[bucket])
      let start = Int(starts[bucket])
      var isNew = true
      while isNew, place > start, entries[place - 1].item == entry.item {
        place -= 1
        isNew = entries[place].tail != entry.tail
      }
      guard isNew else { continue }
      entries[Int(next[bucket])] = entry
      next[bucket] += 1
    }
    // What was left out leaves gaps; they are closed.
    var end = 0
    for bucket in 0..<1 << bits {
      let range = Int(starts[bucket])..<Int(next[bucket])
      starts[bucket] = UInt32(end)
      for place in range {
        entries[end] = entries[place]
        end += 1
      }
    }
    starts[1 << bits] = UInt32(end)
    entries.removeLast(entries.count - end)
    self.starts = starts
    self.entries = entries
  }

  /// Calls `body` with each item of a cell once.
  @inline(__always)
  func forEachItem(in hash: UInt64, _ body: (Row) -> Void) {
    let bucket = Int(hash >> shift)
    let tail = UInt32(truncatingIfNeeded: hash)
    for place in Int(starts[bucket])..<Int(starts[bucket + 1]) where entries[place].tail == tail { body(entries[place].item) }
  }
}
