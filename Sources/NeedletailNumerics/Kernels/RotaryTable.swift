internal import CNeedletailKernels
internal import Foundation

/// The cosines and sines by which rotary positions turn queries and keys (Su et al., "RoFormer", 2021, section 3.2.2).
public struct RotaryTable: Sendable {
  public let positions: Int
  public let headSize: Int
  private let cosines: AlignedMemory
  private let sines: AlignedMemory

  /// - Parameters:
  ///   - frequencies: the angle from one position to the next, for each pair of components.
  ///   - positions: how many positions there are.
  public init(frequencies: [Double], positions: Int) {
    headSize = 2 * frequencies.count
    self.positions = positions
    // The reference rounds frequency and angle to float.
    let angles = (0..<positions).flatMap { position in frequencies.map { Double(Float(position) * Float($0)) } }
    // Spans of arrays with names: those of temporary ones break the compiler of Swift 6.3 without optimisation.
    let (cosineValues, sineValues) = (angles.map { Float(cos($0)) }, angles.map { Float(sin($0)) })
    cosines = AlignedMemory(cosineValues.span)
    sines = AlignedMemory(sineValues.span)
  }

  @unsafe fileprivate var pointers: (cosines: UnsafePointer<Float>, sines: UnsafePointer<Float>) {
    unsafe (UnsafePointer(cosines.pointer(to: Float.self)), UnsafePointer(sines.pointer(to: Float.self)))
  }
}

extension Activations {
  /// Turns heads of rows by the rows' positions, in place.
  ///
  /// - Parameters:
  ///   - rows: which rows.
  ///   - positions: the position of every row of this object, from row 0 on.
  ///   - columns: the columns of the heads, one head after the other.
  ///   - table: the angles.
  public func rotate(rows: Range<Int>, positions: [Int32], columns: Range<Int>, by table: RotaryTable) {
    precondition(columns.count.isMultiple(of: table.headSize) && columns.upperBound <= self.columns, "columns \(columns) of \(self.columns)")
    precondition(rows.upperBound <= positions.count, "\(positions.count) positions for rows \(rows)")
    precondition(positions[rows].allSatisfy { $0 >= 0 && Int($0) < table.positions }, "a position without angle")
    check(rows)
    guard !rows.isEmpty else { return }
    unsafe positions.withUnsafeBufferPointer { positions in
      unsafe needletail_rotate(
        floats(at: rows.lowerBound, column: columns.lowerBound), stride, rows.count, columns.count / table.headSize, table.headSize,
        positions.baseAddress! + rows.lowerBound, table.pointers.cosines, table.pointers.sines)
    }
  }

  /// Multiplies rows by those of another object, entry by entry, in place.
  public func multiply(by other: Activations, rows: Range<Int>) {
    precondition(other.columns == columns, "\(other.columns) columns times \(columns)")
    check(rows)
    unsafe needletail_multiply_rows(other.rows(rows), floats(at: rows.lowerBound), stride)
  }
}
