internal import CStemmer

/// A Snowball stemmer: cuts words of one language to what their inflections share.
///
/// The C object keeps a buffer, so one stemmer serves one thread at a time; the type cannot be copied and is cheap to
/// make. The handle is owned, never handed out, and freed once: that is what makes it safe. Algorithms: M. Porter, "Snowball: a language for stemming algorithms", 2001.
@safe package struct Stemmer: ~Copyable {
  private let handle: OpaquePointer

  /// Makes the stemmer with a name that libstemmer knows, or nil if it knows none of that name.
  package init?(algorithm: String) {
    guard let handle = unsafe sb_stemmer_new(algorithm, "UTF_8") else { return nil }
    unsafe self.handle = unsafe handle
  }

  deinit { unsafe sb_stemmer_delete(handle) }

  /// Replaces a lower-case word in UTF-8 by its stem.
  package borrowing func stem(_ word: inout [UInt8]) {
    let stem = unsafe word.withUnsafeBufferPointer { unsafe sb_stemmer_stem(handle, $0.baseAddress, Int32($0.count)) }
    // Nil means that memory ran out; the word as it stands is the best that is left.
    guard let stem = unsafe stem else { return }
    let length = unsafe Int(sb_stemmer_length(handle))
    guard length > 0 else { return }
    unsafe word.replaceSubrange(0..., with: UnsafeBufferPointer(start: stem, count: length))
  }
}
