internal import NeedletailNumerics

/// A vector cut into parts, each kept as the number of the nearest of 256 or 16 learned ones.
///
/// H. Jégou, M. Douze and C. Schmid, "Product quantization for nearest neighbor search", IEEE TPAMI 33, 2011, section 3,
/// with asymmetric distances. Codes of 4 bits are packed in blocks of 32 rows and compared by tables of bytes that fit a
/// register (F. André, A.-M. Kermarrec and N. Le Scouarnec, "Cache locality is not enough: high-performance nearest
/// neighbor search with product quantization fast scan", VLDB 2015, section 4, and "Quicker ADC", IEEE TPAMI 43, 2021).
/// With a learned rotation in front: `LearnedRotation`. Chosen by what scores lose: `AnisotropicAssignment`.
struct ProductCodec: BlockCodec {
  let dimension: Int
  let parts: Int
  let bits: Int
  let rotation: LearnedRotation?
  /// For each part, for each of its components, the value of all learned vectors: `parts * width * clusters`.
  let codebooks: Column<Float>
  /// Chooses learned vectors by what scores lose; nil takes the nearest.
  var assignment: AnisotropicAssignment?

  /// Components of a part; those behind the last of the vector are zero.
  var width: Int { Self.width(dimension: dimension, parts: parts) }
  private var clusters: Int { 1 << bits }
  /// Parts of a packed block.
  private var paddedParts: Int { (parts + 3) / 4 * 4 }

  static func width(dimension: Int, parts: Int) -> Int { (dimension + parts - 1) / parts }
  static func codebookCount(dimension: Int, parts: Int, bits: Int) -> Int {
    parts * width(dimension: dimension, parts: parts) << bits
  }

  var specification: CodecSpecification {
    assignment == nil ? .product(parts: parts, bits: bits, isRotated: rotation != nil) : .anisotropic(parts: parts, bits: bits)
  }
  var codeBytes: Int { bits == 8 ? parts : (parts + 1) / 2 }
  var blockRows: Int { bits == 8 ? 1 : 32 }
  var blockBytes: Int { bits == 8 ? parts : 16 * paddedParts }
  var sharedBytes: Int { codebooks.region.count + (rotation?.byteCount ?? 0) }
  var queryBytes: Int { 4 * (parts * width + parts * clusters) + 16 * paddedParts }
  // A table entry of 8 bits is off by up to a 510th of the widest table's range, and all of them may be.
  var scoreTolerance: Float { bits == 8 ? 1e-4 : 0.02 }

  func writeParameters(to writer: inout ByteWriter) {
    if let rotation { rotation.matrix.elements.forEach { writer.append($0) } }
    codebooks.elements.forEach { writer.append($0) }
  }

  // MARK: - Codes

  func encode(
    _ row: UnsafePointer<Float>, into code: UnsafeMutablePointer<UInt8>, residual: UnsafeMutablePointer<UInt8>
  ) {
    unsafe ScratchMemory.use(of: Float.self, count: parts * width + clusters) { buffer in
      let vector = buffer.baseAddress!
      unsafe spread(row, into: vector)
      unsafe ScratchMemory.use(of: Int.self, count: parts) { chosen in
        let numbers = chosen.baseAddress!
        for part in 0..<parts {
          unsafe numbers[part] = Self.nearest(
            vector + part * width, codebooks.start + part * width * clusters, width: width, clusters: clusters,
            distances: vector + parts * width)
        }
        if let assignment {
          unsafe ScratchMemory.use(of: Float.self, count: AnisotropicAssignment.scratchCount(parts: parts, clusters: clusters)) { scratch in
            unsafe assignment.choose(
              vector, codebooks.start, parts: parts, width: width, clusters: clusters, numbers: numbers, scratch: scratch.baseAddress!)
          }
        }
        unsafe write(numbers, into: code)
      }
    }
  }

  private func write(_ numbers: UnsafePointer<Int>, into code: UnsafeMutablePointer<UInt8>) {
    for byte in 0..<codeBytes { unsafe code[byte] = 0 }
    for part in 0..<parts {
      if bits == 8 {
        unsafe code[part] = UInt8(numbers[part])
      } else {
        unsafe code[part / 2] |= UInt8(numbers[part]) << UInt8(part % 2 * 4)
      }
    }
  }

  /// Rotates a vector and fills its last part up with zeros.
  private func spread(_ row: UnsafePointer<Float>, into vector: UnsafeMutablePointer<Float>) {
    if let rotation {
      unsafe rotation.apply(to: row, into: vector)
    } else {
      unsafe vector.update(from: row, count: dimension)
    }
    for index in dimension..<parts * width { unsafe vector[index] = 0 }
  }

  /// The number of the learned vector that is nearest to a part.
  static func nearest(
    _ part: UnsafePointer<Float>, _ codebook: UnsafePointer<Float>, width: Int, clusters: Int,
    distances: UnsafeMutablePointer<Float>
  ) -> Int {
    for cluster in 0..<clusters { unsafe distances[cluster] = 0 }
    for index in 0..<width {
      let value = unsafe part[index]
      let column = unsafe codebook + index * clusters
      for cluster in 0..<clusters {
        let difference = unsafe value - column[cluster]
        unsafe distances[cluster] += difference * difference
      }
    }
    var best = 0
    for cluster in 1..<clusters where unsafe distances[cluster] < distances[best] { best = cluster }
    return best
  }

  @inline(__always)
  private func number(of part: Int, in code: UnsafePointer<UInt8>) -> Int {
    unsafe bits == 8 ? Int(code[part]) : Int(code[part / 2] >> UInt8(part % 2 * 4) & 15)
  }

  func decode(
    _ code: UnsafePointer<UInt8>, residual: UnsafePointer<UInt8>?, into row: UnsafeMutablePointer<Float>
  ) {
    unsafe ScratchMemory.use(of: Float.self, count: parts * width) { buffer in
      for part in 0..<parts {
        let codebook = unsafe codebooks.start + part * width * clusters + number(of: part, in: code)
        for index in 0..<width { unsafe buffer[part * width + index] = codebook[index * clusters] }
      }
      if let rotation {
        unsafe rotation.reverse(buffer.baseAddress!, into: row)
      } else {
        unsafe row.update(from: buffer.baseAddress!, count: dimension)
      }
    }
  }

  func pack(_ codes: UnsafePointer<UInt8>, count: Int, into block: UnsafeMutablePointer<UInt8>) {
    guard bits == 4 else { return unsafe block.update(from: codes, count: count * codeBytes) }
    for row in 0..<count {
      for part in 0..<parts {
        let number = unsafe UInt8(number(of: part, in: codes + row * codeBytes))
        unsafe block[16 * part + row % 16] |= number << (row < 16 ? 0 : 4)
      }
    }
  }

  func unpack(_ row: Int, of block: UnsafePointer<UInt8>, into code: UnsafeMutablePointer<UInt8>) {
    guard bits == 4 else { return unsafe code.update(from: block + row * codeBytes, count: codeBytes) }
    for byte in 0..<codeBytes { unsafe code[byte] = 0 }
    for part in 0..<parts {
      let number = unsafe block[16 * part + row % 16] >> (row < 16 ? 0 : 4) & 15
      unsafe code[part / 2] |= number << UInt8(part % 2 * 4)
    }
  }

  // MARK: - Scores

  func prepare(_ query: UnsafePointer<Float>, _ prepared: CodeQuery) {
    let tables = unsafe prepared.pointer(to: Float.self)
    let vector = unsafe tables + parts * clusters
    unsafe spread(query, into: vector)
    for part in 0..<parts {
      let table = unsafe tables + part * clusters
      for cluster in 0..<clusters { unsafe table[cluster] = 0 }
      for index in 0..<width {
        let value = unsafe vector[part * width + index]
        let column = unsafe codebooks.start + (part * width + index) * clusters
        for cluster in 0..<clusters { unsafe table[cluster] += value * column[cluster] }
      }
    }
    if bits == 4 {
      (prepared.scale, prepared.offset) = unsafe ByteTables.quantize(
        tables, parts: parts, into: prepared.pointer(to: UInt8.self, at: 4 * (parts * clusters + parts * width)))
    }
  }

  func score(
    _ prepared: CodeQuery, _ blocks: UnsafePointer<UInt8>, count: Int, into scores: UnsafeMutablePointer<Float>
  ) {
    guard bits == 4 else {
      return unsafe CodeKernels.sumBytes(
        prepared.pointer(to: Float.self), blocks, stride: codeBytes, count: count, parts: parts, into: scores)
    }
    let tables = unsafe prepared.pointer(to: UInt8.self, at: 4 * (parts * clusters + parts * width))
    unsafe ByteTables.score(
      tables, blocks, blockBytes: blockBytes, parts: paddedParts, count: count, scale: prepared.scale,
      offset: prepared.offset, into: scores)
  }
}

/// Tables of 16 bytes for codes of 4 bits in blocks of 32 rows.
enum ByteTables {
  /// Rounds tables of floats to bytes, with one scale for all and an offset for each part, summed up.
  static func quantize(
    _ tables: UnsafePointer<Float>, parts: Int, into bytes: UnsafeMutablePointer<UInt8>
  ) -> (scale: Float, offset: Float) {
    var (range, offset): (Float, Float) = (0, 0)
    for part in 0..<parts {
      let (least, greatest) = unsafe extremes(tables + 16 * part)
      range = max(range, greatest - least)
      offset += least
    }
    let scale = range / 255
    let inverse = scale > 0 && (1 / scale).isFinite ? 1 / scale : 0
    for part in 0..<parts {
      let least = unsafe extremes(tables + 16 * part).least
      for entry in 16 * part..<16 * part + 16 {
        unsafe bytes[entry] = UInt8(max(0, min(255, ((tables[entry] - least) * inverse).rounded())))
      }
    }
    return (scale, offset)
  }

  private static func extremes(_ table: UnsafePointer<Float>) -> (least: Float, greatest: Float) {
    var (least, greatest) = unsafe (table[0], table[0])
    for entry in 1..<16 {
      least = unsafe min(least, table[entry])
      greatest = unsafe max(greatest, table[entry])
    }
    return (least, greatest)
  }

  private static let blocksPerCall = 8

  /// `scale · sum + offset` for all rows of the blocks that `count` rows are in.
  static func score(
    _ tables: UnsafePointer<UInt8>, _ blocks: UnsafePointer<UInt8>, blockBytes: Int, parts: Int, count: Int,
    scale: Float, offset: Float, into scores: UnsafeMutablePointer<Float>
  ) {
    unsafe ScratchMemory.use(of: UInt32.self, count: 32 * blocksPerCall) { buffer in
      let sums = buffer.baseAddress!
      let blockCount = (count + 31) / 32
      for start in stride(from: 0, to: blockCount, by: blocksPerCall) {
        let size = min(blocksPerCall, blockCount - start)
        unsafe CodeKernels.current.sumNibbles(
          tables, blocks + start * blockBytes, blockStride: blockBytes, blockCount: size, parts: parts, into: sums)
        let target = unsafe scores + 32 * start
        for index in 0..<32 * size { unsafe target[index] = offset + scale * Float(sums[index]) }
      }
    }
  }
}
