/// How two shapes are laid over each other: axes are matched from the last, and an extent of 1 or a missing axis is repeated.
struct Broadcast {
  let shape: Shape
  /// Whether entries of the operand are used more than once.
  let repeatsLeft: Bool
  let repeatsRight: Bool
  /// How far an operand moves along the last axis: 1, or 0 where it is repeated.
  let leftStep: Int
  let rightStep: Int
  private let leftStrides: [Int]
  private let rightStrides: [Int]

  /// Nil if extents differ and neither is 1.
  init?(_ left: Shape, _ right: Shape) {
    let rank = max(left.rank, right.rank, 1)
    let a = [Int](repeating: 1, count: rank - left.rank) + left.extents
    let b = [Int](repeating: 1, count: rank - right.rank) + right.extents
    var extents: [Int] = []
    for (m, n) in zip(a, b) {
      guard m == n || m == 1 || n == 1 else { return nil }
      extents.append(m == 1 ? n : m)
    }
    let isSingle = left.rank == 0 && right.rank == 0
    shape = isSingle ? [] : Shape(extents)
    leftStrides = Self.strides(a, extents)
    rightStrides = Self.strides(b, extents)
    repeatsLeft = left.count < shape.count
    repeatsRight = right.count < shape.count
    leftStep = leftStrides.last ?? 0
    rightStep = rightStrides.last ?? 0
  }

  private static func strides(_ extents: [Int], _ result: [Int]) -> [Int] {
    var strides = [Int](repeating: 0, count: extents.count)
    var stride = 1
    for axis in extents.indices.reversed() {
      strides[axis] = extents[axis] == 1 && result[axis] != 1 ? 0 : stride
      stride *= extents[axis]
    }
    return strides
  }

  /// Calls `body` with where a row begins in both operands and in the result, and its length.
  ///
  /// - Parameter whenRepeated: whether rows meet at the same place, so that one thread has to take them in order.
  func forEachRow(
    on tape: Tape, whenRepeated isSequential: Bool = false, _ body: (_ left: Int, _ right: Int, _ out: Int, _ count: Int) -> Void
  ) {
    guard shape.count > 0 else { return }
    if !repeatsLeft && !repeatsRight {
      tape.spread(shape.count, by: Tensor.entriesPerTask) { part in body(part.lowerBound, part.lowerBound, part.lowerBound, part.count) }
      return
    }
    let columns = shape.columns
    let rows = shape.rows
    let perTask = isSequential ? rows : max(1, Tensor.entriesPerTask / columns)
    tape.spread(rows, by: perTask) { part in
      for row in part {
        let (left, right) = places(of: row)
        body(left, right, row * columns, columns)
      }
    }
  }

  private func places(of row: Int) -> (left: Int, right: Int) {
    var rest = row
    var (left, right) = (0, 0)
    for axis in stride(from: shape.rank - 2, through: 0, by: -1) {
      let (quotient, index) = rest.quotientAndRemainder(dividingBy: shape[axis])
      left += index * leftStrides[axis]
      right += index * rightStrides[axis]
      rest = quotient
    }
    return (left, right)
  }
}
