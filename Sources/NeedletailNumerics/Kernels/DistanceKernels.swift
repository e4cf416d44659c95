internal import CNeedletailKernels

/// Inner products and squared Euclidean distances, computed with the instructions of this processor.
///
/// The serial kernels are the specification; all others agree with them up to the order of float summation, and
/// exactly for 8-bit codes.
public struct DistanceKernels: Sendable {
  /// The instruction sets that have kernels.
  public enum InstructionSet: String, CaseIterable, Sendable {
    case serial, neon, avx2, avx512
  }

  /// What this processor runs fastest.
  public static let current = unsafe DistanceKernels(needletail_distance_current())

  /// The kernels of one instruction set, nil where this processor cannot run them.
  public init?(_ instructionSet: InstructionSet) {
    guard let table = unsafe needletail_distance_for(instructionSet.isa) else { return nil }
    unsafe self.init(table)
  }

  // The table is static and never changes; its address as an integer is Sendable.
  private let tableAddress: UInt

  private init(_ table: UnsafePointer<needletail_distance_kernels>) {
    tableAddress = UInt(bitPattern: table)
  }

  var table: UnsafePointer<needletail_distance_kernels> {
    unsafe UnsafePointer(bitPattern: tableAddress).unsafelyUnwrapped
  }

  /// The instruction set of these kernels.
  public var instructionSet: InstructionSet {
    switch unsafe table.pointee.isa {
    case NEEDLETAIL_ISA_AVX512: .avx512
    case NEEDLETAIL_ISA_AVX2: .avx2
    case NEEDLETAIL_ISA_NEON: .neon
    default: .serial
    }
  }

  /// The inner products of one query with rows of its length that lie one after the other in `rows`.
  public func dot(_ query: Span<Float>, rows: Span<Float>) -> [Float] {
    let dimension = query.count
    return unsafe score(query, rows: rows) { query, rows, count, results in
      unsafe table.pointee.dot_f32(query, rows, dimension, nil, count, dimension, results)
    }
  }

  /// The squared Euclidean distances of one query to rows of its length that lie one after the other in `rows`.
  public func squaredEuclidean(_ query: Span<Float>, rows: Span<Float>) -> [Float] {
    let dimension = query.count
    return unsafe score(query, rows: rows) { query, rows, count, results in
      unsafe table.pointee.squared_l2_f32(query, rows, dimension, nil, count, dimension, results)
    }
  }

  /// The inner products of one query with binary16 rows.
  public func dot(_ query: Span<Float>, halfRows rows: Span<UInt16>) -> [Float] {
    let dimension = query.count
    return unsafe score(query, rows: rows) { query, rows, count, results in
      unsafe table.pointee.dot_f16(query, rows, dimension, nil, count, dimension, results)
    }
  }

  /// The squared Euclidean distances of one query to binary16 rows.
  public func squaredEuclidean(_ query: Span<Float>, halfRows rows: Span<UInt16>) -> [Float] {
    let dimension = query.count
    return unsafe score(query, rows: rows) { query, rows, count, results in
      unsafe table.pointee.squared_l2_f16(query, rows, dimension, nil, count, dimension, results)
    }
  }

  /// The inner products of 8-bit codes in -127…127; exact up to 133,144 components.
  public func dot(_ query: Span<Int8>, codeRows rows: Span<Int8>) -> [Int32] {
    let dimension = query.count
    return unsafe score(query, rows: rows) { query, rows, count, results in
      unsafe table.pointee.dot_i8(query, rows, dimension, nil, count, dimension, results)
    }
  }

  /// Binary16 bit patterns of the values, rounded to nearest even; magnitudes from 65,520 become infinite.
  public func halves(from values: Span<Float>) -> [UInt16] {
    unsafe [UInt16](unsafeUninitializedCapacity: values.count) { results, count in
      count = values.count
      guard count > 0 else { return }
      unsafe values.withUnsafeBufferPointer { values in
        unsafe table.pointee.f16_from_f32(values.baseAddress!, values.count, results.baseAddress!)
      }
    }
  }

  /// The values of binary16 bit patterns.
  public func floats(fromHalves halves: Span<UInt16>) -> [Float] {
    unsafe [Float](unsafeUninitializedCapacity: halves.count) { results, count in
      count = halves.count
      guard count > 0 else { return }
      unsafe halves.withUnsafeBufferPointer { halves in
        unsafe table.pointee.f32_from_f16(halves.baseAddress!, halves.count, results.baseAddress!)
      }
    }
  }

  private func score<Query, Row, Score>(
    _ query: Span<Query>, rows: Span<Row>,
    _ kernel: (UnsafePointer<Query>, UnsafePointer<Row>, Int, UnsafeMutablePointer<Score>) -> Void
  ) -> [Score] {
    let dimension = query.count
    guard dimension > 0 else { return [] }
    precondition(rows.count.isMultiple(of: dimension), "\(rows.count) values do not make rows of \(dimension)")
    let rowCount = rows.count / dimension
    guard rowCount > 0 else { return [] }
    return unsafe [Score](unsafeUninitializedCapacity: rowCount) { results, count in
      count = rowCount
      unsafe query.withUnsafeBufferPointer { query in
        unsafe rows.withUnsafeBufferPointer { rows in
          unsafe kernel(query.baseAddress!, rows.baseAddress!, rowCount, results.baseAddress!)
        }
      }
    }
  }
}

extension DistanceKernels.InstructionSet {
  var isa: needletail_isa {
    switch self {
    case .serial: NEEDLETAIL_ISA_SERIAL
    case .neon: NEEDLETAIL_ISA_NEON
    case .avx2: NEEDLETAIL_ISA_AVX2
    case .avx512: NEEDLETAIL_ISA_AVX512
    }
  }
}
