import NeedletailNumerics
import Testing

@Suite struct RotationTests {
  private func vector(_ count: Int, _ seed: UInt64) -> [Float] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in Float.random(in: -1...1, using: &generator) }
  }

  @Test func rotationsKeepInnerProductsAndCanBeReversed() {
    for dimension in [1, 2, 3, 16, 100, 384, 1_000] {
      let rotation = RandomRotation(dimension: dimension, seed: 5)
      let (first, second) = (vector(dimension, 1), vector(dimension, 2))
      var (x, y) = (first, second)
      rotation.apply(to: &x)
      rotation.apply(to: &y)
      func dot(_ a: [Float], _ b: [Float]) -> Float { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
      #expect(abs(dot(x, y) - dot(first, second)) < 1e-3)
      #expect(dimension < 3 || x != first)
      rotation.reverse(&x)
      #expect(zip(x, first).allSatisfy { abs($0 - $1) < 1e-4 })
    }
  }

  @Test func oneComponentIsSpreadOverAll() {
    for dimension in [384, 1_000] {
      for component in [0, dimension / 2, dimension - 1] {
        var unit = [Float](repeating: 0, count: dimension)
        unit[component] = 1
        RandomRotation(dimension: dimension, seed: 9).apply(to: &unit)
        #expect(unit.map(abs).max()! < 5 / Float(dimension).squareRoot())
      }
    }
  }

  @Test func singularVectorsMakeUpTheMatrix() {
    for (count, rank) in [(1, 1), (5, 5), (24, 24), (24, 3)] {
      let factors = (vector(count * rank, 3), vector(count * rank, 4))
      var matrix = [Double](repeating: 0, count: count * count)
      for row in 0..<count {
        for column in 0..<count {
          for k in 0..<rank {
            matrix[row * count + column] += Double(factors.0[row * rank + k]) * Double(factors.1[column * rank + k])
          }
        }
      }
      let parts = SingularValues(matrix, count: count)
      #expect(parts.values == parts.values.sorted(by: >))
      #expect(parts.values.filter { $0 > 1e-6 }.count == rank)
      for row in 0..<count {
        for column in 0..<count {
          let sum = (0..<count).reduce(0.0) { $0 + parts.left[$1][row] * parts.values[$1] * parts.right[$1][column] }
          #expect(abs(sum - matrix[row * count + column]) < 1e-9)
        }
      }
      for (first, second) in [(0, 0), (0, count - 1), (count / 2, count - 1)] {
        let product = zip(parts.right[first], parts.right[second]).reduce(0.0) { $0 + $1.0 * $1.1 }
        #expect(abs(product - (first == second ? 1 : 0)) < 1e-9)
      }
    }
  }
}
