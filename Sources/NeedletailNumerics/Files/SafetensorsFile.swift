/// A memory-mapped file of named tensors in the safetensors format.
///
/// Opening parses and checks the header only; numbers are read when asked for. The data may begin at any byte: older writers
/// did not align it, so whoever reads through `withUnsafeBytes` has to load unaligned or to check.
public final class SafetensorsFile: Sendable {
  /// Free remarks of the writer, such as `format`.
  public let metadata: [String: String]
  /// All tensors in the order of their data.
  public let tensors: [StoredTensor]

  private let file: MappedFile
  private let positions: [String: Int]

  /// Maps the file and checks its header: lengths, names, element types, shapes, and that the tensors fill the rest of the
  /// file without holes or overlaps. Anything else is `FileError.malformed`.
  public init(path: String) throws(FileError) {
    file = try MappedFile(path: path)
    do {
      let header = try SafetensorsHeader(Self.headerText(of: file), fileByteCount: file.count)
      tensors = header.tensors
      metadata = header.metadata
    } catch {
      throw .malformed(path: path, offset: error.offset, reason: error.reason)
    }
    positions = Dictionary(uniqueKeysWithValues: zip(tensors.map(\.name), tensors.indices))
  }

  /// Where the file was opened.
  public var path: String { file.path }

  /// The names of all tensors in the order of their data.
  public var names: [String] { tensors.map(\.name) }

  /// The tensor of that name, if the file has it.
  public func tensor(named name: String) -> StoredTensor? { positions[name].map { tensors[$0] } }

  /// The numbers of a tensor of this file, row after row, converted to single precision.
  ///
  /// Every element type converts; integers and double precision round to the nearest.
  ///
  /// - Precondition: the tensor comes from this file.
  public func floats(_ tensor: StoredTensor) -> [Float] {
    unsafe withUnsafeBytes(of: tensor) { bytes in
      unsafe [Float](unsafeUninitializedCapacity: tensor.count) { floats, count in
        unsafe tensor.elementType.convert(bytes, to: floats)
        count = tensor.count
      }
    }
  }

  /// Calls the closure with the stored bytes of a tensor; they must not escape it.
  ///
  /// - Precondition: the tensor comes from this file.
  public func withUnsafeBytes<Result, Failure: Error>(
    of tensor: StoredTensor, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(self.tensor(named: tensor.name) == tensor, "\(tensor.name) does not come from \(path)")
    return unsafe try body(UnsafeRawBufferPointer(rebasing: file.bytes[tensor.byteRange]))
  }

  /// Tells the system that all of the file will be read soon.
  public func willNeedEverything() { file.advise(.willNeed) }

  private static func headerText(of file: MappedFile) throws(SafetensorsHeader.Flaw) -> [UInt8] {
    let prefix = SafetensorsHeader.prefixByteCount
    return unsafe try file.withUnsafeBytes { (bytes) throws(SafetensorsHeader.Flaw) in
      guard bytes.count >= prefix else {
        throw .init(offset: bytes.count, reason: "the file is too short for a safetensors header")
      }
      let length = unsafe UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
      guard length <= SafetensorsHeader.maximumByteCount, Int(length) <= bytes.count - prefix else {
        throw .init(offset: 0, reason: "the header is said to have \(length) bytes, which is more than allowed or than there are")
      }
      return unsafe Array(bytes[prefix..<prefix + Int(length)])
    }
  }
}
