internal import CNeedletailKernels

/// Scores of a query against vectors kept as codes of few bits, computed with the instructions of this processor.
///
/// See `needletail_codes.h` for layouts and bounds. All instruction sets agree exactly, except for the order of float
/// summation in `dot` of bfloat16 rows. The caller answers for every pointer.
public struct CodeKernels: Sendable {
  /// What this processor runs fastest.
  public static let current = unsafe CodeKernels(needletail_codes_current())

  /// The kernels of one instruction set, nil where this processor cannot run them.
  public init?(_ instructionSet: DistanceKernels.InstructionSet) {
    guard let table = unsafe needletail_codes_for(instructionSet.isa) else { return nil }
    unsafe self.init(table)
  }

  // The table is static and never changes; its address as an integer is Sendable.
  private let tableAddress: UInt

  private init(_ table: UnsafePointer<needletail_code_kernels>) {
    tableAddress = UInt(bitPattern: table)
  }

  private var table: UnsafePointer<needletail_code_kernels> {
    unsafe UnsafePointer(bitPattern: tableAddress).unsafelyUnwrapped
  }

  /// Inner products with bfloat16 rows, `stride` numbers apart.
  @unsafe package func dot(
    _ query: UnsafePointer<Float>, brainRows rows: UnsafePointer<UInt16>, stride: Int, count: Int, dimension: Int,
    into results: UnsafeMutablePointer<Float>
  ) {
    unsafe table.pointee.dot_bf16(query, rows, stride, count, dimension, results)
  }

  /// Inner products with rows of 4-bit codes, `stride` bytes apart. `dimension` is a multiple of 64.
  @unsafe package func dot(
    _ query: UnsafePointer<Int8>, nibbleRows rows: UnsafePointer<UInt8>, stride: Int, count: Int, dimension: Int,
    into results: UnsafeMutablePointer<Int32>
  ) {
    unsafe table.pointee.dot_u4(query, rows, stride, count, dimension, results)
  }

  /// Inner products with rows of bit planes, `stride` bytes apart. `dimension` is a multiple of 64.
  @unsafe package func dot(
    _ query: UnsafePointer<Int8>, planeRows rows: UnsafePointer<UInt8>, stride: Int, count: Int, dimension: Int,
    planes: Int, into results: UnsafeMutablePointer<Int32>
  ) {
    unsafe table.pointee.dot_planes(query, rows, stride, count, dimension, planes, results)
  }

  /// The numbers of differing bits.
  @unsafe package func hamming(
    _ query: UnsafePointer<UInt8>, _ rows: UnsafePointer<UInt8>, stride: Int, count: Int, bytes: Int,
    into results: UnsafeMutablePointer<UInt32>
  ) {
    unsafe table.pointee.hamming(query, rows, stride, count, bytes, results)
  }

  /// Sums of table entries picked by interleaved 4-bit codes, 32 rows to a block,
  /// blocks `blockStride` bytes apart. `parts` is a multiple of 4.
  @unsafe package func sumNibbles(
    _ tables: UnsafePointer<UInt8>, _ blocks: UnsafePointer<UInt8>, blockStride: Int, blockCount: Int, parts: Int,
    into sums: UnsafeMutablePointer<UInt32>
  ) {
    unsafe table.pointee.sum_nibbles(tables, blocks, blockStride, blockCount, parts, sums)
  }

  /// Sums of entries of tables of 256 picked by 8-bit codes.
  @unsafe package static func sumBytes(
    _ tables: UnsafePointer<Float>, _ rows: UnsafePointer<UInt8>, stride: Int, count: Int, parts: Int,
    into results: UnsafeMutablePointer<Float>
  ) {
    unsafe needletail_sum_bytes(tables, rows, stride, count, parts, results)
  }
}
