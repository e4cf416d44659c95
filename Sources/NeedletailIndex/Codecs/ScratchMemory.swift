/// Memory for the length of one call.
///
/// Stands in for `withUnsafeTemporaryAllocation`, after whose closures Swift 6.3 takes a stale register for a thrown error
/// and traps.
enum ScratchMemory {
  static func use<Element: BitwiseCopyable>(
    of _: Element.Type, count: Int, _ body: (UnsafeMutableBufferPointer<Element>) -> Void
  ) {
    let memory = UnsafeMutableBufferPointer<Element>.allocate(capacity: max(1, count))
    unsafe body(memory)
    unsafe memory.deallocate()
  }
}
