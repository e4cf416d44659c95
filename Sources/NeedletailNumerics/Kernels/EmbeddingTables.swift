/// The embeddings that are summed for each token.
public struct EmbeddingTables: Sendable {
  public let words: FloatTable
  public let positions: FloatTable?
  /// A row for each type of token, for models that have types.
  public let segments: FloatTable?

  /// - Parameters:
  ///   - words: a row for each token of the vocabulary.
  ///   - positions: a row for each position, for models that learn them.
  ///   - segments: a row for each type of token, for models that have types.
  public init(words: FloatTable, positions: FloatTable?, segments: FloatTable?) {
    precondition([positions, segments].allSatisfy { $0 == nil || $0?.columns == words.columns }, "tables of different widths")
    self.words = words
    self.positions = positions
    self.segments = segments
  }

  public var columns: Int { words.columns }
}

/// A table of floats that is only looked up: in memory of its own, or in a mapped file.
@safe public struct FloatTable: @unchecked Sendable {
  public let rows: Int
  public let columns: Int
  let start: UnsafePointer<Float>
  // What keeps the memory there.
  private let owner: AnyObject

  private init(rows: Int, columns: Int, start: UnsafePointer<Float>, owner: AnyObject) {
    self.rows = rows
    self.columns = columns
    unsafe self.start = start
    self.owner = owner
  }

  public init(_ values: [Float], columns: Int) {
    precondition(columns > 0 && values.count.isMultiple(of: columns), "\(values.count) values do not make rows of \(columns)")
    let memory = AlignedMemory(values.span)
    unsafe self.init(
      rows: values.count / columns, columns: columns, start: UnsafePointer(memory.pointer(to: Float.self)), owner: memory)
  }

  /// A matrix of a file, where it lies if it is stored as aligned floats, otherwise converted into memory.
  ///
  /// - Precondition: the tensor comes from the file and has two extents.
  public init(_ tensor: StoredTensor, of file: SafetensorsFile) {
    let mapped = unsafe file.withUnsafeBytes(of: tensor) { bytes in bytes.baseAddress }
    guard tensor.elementType == .float32, let mapped = unsafe mapped, UInt(bitPattern: mapped).isMultiple(of: 4) else {
      self.init(file.floats(tensor), columns: tensor.shape[1])
      return
    }
    unsafe self.init(
      rows: tensor.shape[0], columns: tensor.shape[1], start: mapped.assumingMemoryBound(to: Float.self), owner: file)
  }
}
