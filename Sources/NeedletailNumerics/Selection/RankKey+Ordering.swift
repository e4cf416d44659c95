/// Selection and sorting of many keys, without jumps that the processor mispredicts.
extension RankKey {
  /// Ranges of fewer keys are sorted by comparisons.
  private static let fewestToDivide = 32

  /// Moves the `count` largest of the keys before the others, in any order.
  ///
  /// Quickselect (C. A. R. Hoare, "Algorithm 65: Find", CACM 4(7), 1961) with the median of three as pivot, which writes each key to both
  /// ends of a spare range and moves one end on; sorts what is left when the pivots stay bad. Complexity: O(`keys.count`) on
  /// average, O(n log n) at worst.
  @unsafe package static func moveLargest(_ count: Int, of keys: UnsafeMutableBufferPointer<RankKey>) {
    guard count > 0, count < keys.count else { return }
    unsafe withUnsafeTemporaryAllocation(of: RankKey.self, capacity: keys.count) { spare in
      unsafe spare.initialize(repeating: RankKey(bits: 0))
      // The boundary between the largest and the others lies within.
      var range = 0..<keys.count
      var rounds = 2 * (Int.bitWidth - keys.count.leadingZeroBitCount)
      while range.count >= fewestToDivide, rounds > 0 {
        rounds -= 1
        let pivot = unsafe median(keys[range.lowerBound], keys[range.lowerBound + range.count / 2], keys[range.upperBound - 1])
        var front = range.lowerBound
        var back = range.upperBound - 1
        for place in range {
          let key = unsafe keys[place]
          unsafe spare[front] = key
          unsafe spare[back] = key
          let isLarge = key >= pivot
          front += isLarge ? 1 : 0
          back -= isLarge ? 0 : 1
        }
        _ = unsafe UnsafeMutableBufferPointer(rebasing: keys[range]).update(fromContentsOf: spare[range])
        if count == front { return }
        range = count < front ? range.lowerBound..<front : front..<range.upperBound
      }
      var rest = unsafe UnsafeMutableBufferPointer(rebasing: keys[range])
      unsafe rest.sort(by: >)
    }
  }

  private static func median(_ first: RankKey, _ second: RankKey, _ third: RankKey) -> RankKey {
    max(min(first, second), min(max(first, second), third))
  }

  /// Fewer keys are sorted by comparisons.
  private static let fewestForCounting = 128

  /// Sorts keys, largest first: byte by byte from the lowest, leaving out bytes that all keys share.
  @unsafe package static func sortDescending(_ keys: UnsafeMutableBufferPointer<RankKey>) {
    guard keys.count >= fewestForCounting else {
      var all = unsafe keys
      unsafe all.sort(by: >)
      return
    }
    let byteCount = MemoryLayout<UInt64>.size
    var histograms = [Int](repeating: 0, count: byteCount << 8)
    for unsafe key in unsafe keys {
      for byte in 0..<byteCount { histograms[byte << 8 | Int(truncatingIfNeeded: key.bits >> UInt64(8 * byte)) & 0xff] += 1 }
    }
    unsafe withUnsafeTemporaryAllocation(of: RankKey.self, capacity: keys.count) { spare in
      var (source, target) = unsafe (keys, spare)
      for byte in 0..<byteCount where !histograms[byte << 8..<(byte + 1) << 8].contains(keys.count) {
        var place = 0
        for value in (0..<256).reversed() {
          let size = histograms[byte << 8 | value]
          histograms[byte << 8 | value] = place
          place += size
        }
        for unsafe key in unsafe source {
          let value = byte << 8 | Int(truncatingIfNeeded: key.bits >> UInt64(8 * byte)) & 0xff
          unsafe target.initializeElement(at: histograms[value], to: key)
          histograms[value] += 1
        }
        unsafe swap(&source, &target)
      }
      if unsafe source.baseAddress != keys.baseAddress { _ = unsafe keys.update(fromContentsOf: source) }
    }
  }
}
