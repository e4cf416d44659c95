/// Zeroed memory that starts at a cache line, freed with the object.
///
/// Kernels read and write it from several threads at a time; whoever divides the work sees to it that no two write the same place.
@safe final class AlignedMemory: @unchecked Sendable {
  let byteCount: Int
  private let start: UnsafeMutableRawPointer

  init(byteCount: Int) {
    self.byteCount = byteCount
    unsafe start = .allocate(byteCount: max(byteCount, 1), alignment: 64)
    unsafe start.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
  }

  convenience init(_ values: Span<Float>) {
    self.init(byteCount: values.count * MemoryLayout<Float>.stride)
    unsafe values.withUnsafeBytes { unsafe start.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(start), byteCount: $0.count) }
  }

  deinit { unsafe start.deallocate() }

  @unsafe func pointer<Element>(to _: Element.Type, at index: Int = 0) -> UnsafeMutablePointer<Element> {
    unsafe start.assumingMemoryBound(to: Element.self) + index
  }

  @unsafe func bytes(at offset: Int) -> UnsafeMutableRawPointer { unsafe start + offset }
}
