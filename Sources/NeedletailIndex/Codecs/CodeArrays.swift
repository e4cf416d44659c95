internal import NeedletailCore
internal import NeedletailNumerics

/// What a codec does with rows in memory, done with arrays.
struct CodeArrays {
  private let codec: any BlockCodec

  init(_ codec: any BlockCodec) {
    self.codec = codec
  }

  private var dimension: Int { codec.dimension }
  private var codeBytes: Int { codec.codeBytes }
  private var residualBytes: Int { codec.residualBytes }

  func encode(_ vectors: DenseVectors) -> [UInt8] {
    precondition(vectors.dimension == dimension || vectors.count == 0, "vectors of \(vectors.dimension) for a codec of \(dimension)")
    guard vectors.count > 0 else { return [] }
    let rowBytes = codeBytes + residualBytes
    let rowsPerTask = 256
    return unsafe [UInt8](unsafeUninitializedCapacity: vectors.count * rowBytes) { result, initialised in
      initialised = vectors.count * rowBytes
      guard let start = result.baseAddress else { return }
      unsafe vectors.values.withUnsafeBufferPointer { values in
        nonisolated(unsafe) let (target, source) = unsafe (start, values.baseAddress!)
        WorkerPool.shared.forEach((vectors.count + rowsPerTask - 1) / rowsPerTask) { task in
          let first = task * rowsPerTask
          let count = min(rowsPerTask, vectors.count - first)
          let codes = AlignedMemory.zeroed(count: count * rowBytes)
          defer { withExtendedLifetime(codes) {} }
          let bytes = unsafe codes.start.assumingMemoryBound(to: UInt8.self)
          unsafe codec.encode(source + first * dimension, count: count, into: bytes, residuals: bytes + count * codeBytes)
          for row in 0..<count {
            let code = unsafe target + (first + row) * rowBytes
            unsafe code.update(from: bytes + row * codeBytes, count: codeBytes)
            unsafe (code + codeBytes).update(from: bytes + count * codeBytes + row * residualBytes, count: residualBytes)
          }
        }
      }
    }
  }

  func decode(_ codes: [UInt8], withResiduals: Bool) -> DenseVectors {
    let rowBytes = codeBytes + residualBytes
    precondition(codes.count.isMultiple(of: rowBytes), "\(codes.count) bytes do not make codes of \(rowBytes)")
    let count = codes.count / rowBytes
    let values = unsafe [Float](unsafeUninitializedCapacity: count * codec.decodedDimension) { values, initialised in
      initialised = count * codec.decodedDimension
      unsafe values.initialize(repeating: 0)
      unsafe codes.withUnsafeBufferPointer { codes in
        for row in 0..<count {
          let code = unsafe codes.baseAddress! + row * rowBytes
          unsafe codec.decode(
            code, residual: withResiduals && residualBytes > 0 ? code + codeBytes : nil,
            into: values.baseAddress! + row * codec.decodedDimension)
        }
      }
    }
    return DenseVectors(dimension: codec.decodedDimension, values: values)
  }

  func scores(of query: [Float], codes: [UInt8]) -> [Float] {
    precondition(query.count == dimension, "a query of \(query.count) for a codec of \(dimension)")
    let rowBytes = codeBytes + residualBytes
    let count = codes.count / rowBytes
    let prepared = CodeQuery(for: codec)
    let (blockRows, blockBytes) = (codec.blockRows, codec.blockBytes)
    let blockCount = (count + blockRows - 1) / blockRows
    let blocks = AlignedMemory.zeroed(count: blockCount * blockBytes)
    let packed = unsafe blocks.start.assumingMemoryBound(to: UInt8.self)
    var dense: [UInt8] = []
    dense.reserveCapacity(count * codeBytes)
    for row in 0..<count { dense += codes[row * rowBytes..<row * rowBytes + codeBytes] }
    unsafe dense.withUnsafeBufferPointer { dense in
      for block in 0..<blockCount {
        unsafe codec.pack(
          dense.baseAddress! + block * blockRows * codeBytes, count: min(blockRows, count - block * blockRows),
          into: packed + block * blockBytes)
      }
    }
    unsafe query.withUnsafeBufferPointer { unsafe codec.prepare($0.baseAddress!, prepared) }
    return unsafe [Float](unsafeUninitializedCapacity: blockCount * blockRows) { scores, initialised in
      unsafe scores.initialize(repeating: 0)
      if count > 0 { unsafe codec.score(prepared, packed, count: count, into: scores.baseAddress!) }
      initialised = count
    }
  }
}
