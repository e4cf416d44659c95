import NeedletailNumerics
import Testing

@Suite struct VectorFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func path(_ name: String) throws -> String { try folder.file(name, []) }

  private func words(_ numbers: [Int32]) -> [UInt8] {
    numbers.flatMap { number in (0..<4).map { UInt8(truncatingIfNeeded: number >> Int32(8 * $0)) } }
  }

  private func numpy(_ header: String, _ data: [UInt8], version: UInt8 = 1) -> [UInt8] {
    let length = header.utf8.count
    let size = version == 1 ? [UInt8(length & 255), UInt8(length >> 8)] : [UInt8(length & 255), UInt8(length >> 8), 0, 0]
    return [0x93] + Array("NUMPY".utf8) + [version, 0] + size + Array(header.utf8) + data
  }

  @Test(arguments: ["a.fvecs", "a.fbin", "a.npy"])
  func whatIsWrittenIsRead(_ name: String) throws {
    let values: [Float] = [1, -2.5, 3e8, 0, -0.125, 7]
    let path = try path(name)
    try VectorFile.write(values, dimension: 3, to: path)
    let file = try VectorFile(path: path)
    #expect(file.count == 2 && file.dimension == 3 && file.elementType == .float32)
    #expect(file.floats() == values)
    #expect(file.floats(rows: 1..<2) == [0, -0.125, 7])
  }

  @Test(arguments: ["a.ivecs", "a.ibin", "a.npy"])
  func rowNumbersSurvive(_ name: String) throws {
    let path = try path(name)
    try VectorFile.write([[3, 1], [0, 70_000]], to: path)
    #expect(try VectorFile(path: path).rowNumbers() == [[3, 1], [0, 70_000]])
  }

  @Test func bytesAndDoublesBecomeFloats() throws {
    let bytes = try VectorFile(path: folder.file("a.bvecs", words([2]) + [200, 1] + words([2]) + [0, 255]))
    #expect(bytes.floats() == [200, 1, 0, 255])
    let doubles = [0.5, -3].flatMap { number in (0..<8).map { UInt8(truncatingIfNeeded: number.bitPattern >> UInt64(8 * $0)) } }
    for version: UInt8 in [1, 2, 3] {
      let header = "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }\n"
      let file = try VectorFile(path: folder.file("b.npy", numpy(header, doubles, version: version)))
      #expect(file.count == 1 && file.floats() == [0.5, -3])
    }
  }

  @Test func emptyFilesHaveNoRows() throws {
    #expect(try VectorFile(path: folder.file("a.fvecs", [])).count == 0)
    #expect(try VectorFile(path: folder.file("a.fbin", words([0, 8]))).count == 0)
  }

  @Test func whatIsWrongIsSaid() throws {
    let cases: [(String, [UInt8], String)] = [
      ("a.fvecs", words([2, 0, 0, 3, 0]), "within a row"), ("a.fvecs", words([2, 0, 0, 3, 0, 0]), "row 1"),
      ("a.fvecs", words([0]), "no components"), ("a.fvecs", words([-1]), "-1"), ("a.fvecs", [1, 0], "within a length"),
      ("a.fbin", words([1_000_000, 1_000_000]), "do not take"), ("a.fbin", words([2]), "within a length"),
      ("a.fbin", words([2, 0]), "no components"), ("a.txt", [], "vectors are read from"), ("a.npy", [1, 2], "NumPy"),
      ("a.npy", numpy("{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }", words([0, 0])), "<c8"),
      ("a.npy", numpy("{'descr': '<f4', 'fortran_order': True, 'shape': (1, 1), }", words([0])), "Fortran"),
      ("a.npy", numpy("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 1), }", words([0])), "3 dimensions"),
      ("a.npy", numpy("{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 1), }", words([0])), "shape"),
      ("a.npy", numpy("{'descr': '<f4', 'shape': (9223372036854775807, 8), 'fortran_order': False}", words([0])), "do not take"),
    ]
    for (name, bytes, expected) in cases {
      let path = try folder.file(name, bytes)
      do throws(FileError) {
        _ = try VectorFile(path: path)
        Issue.record("\(name) with \(bytes.count) bytes was read")
      } catch {
        #expect(error.description.contains(expected), "\(error)")
      }
    }
  }

  @Test func negativeNumbersAreNoRows() throws {
    #expect(throws: FileError.self) { try VectorFile(path: folder.file("a.ivecs", words([2, 5, -1]))).rowNumbers() }
    #expect(throws: FileError.self) { try VectorFile(path: folder.file("a.fvecs", words([1, 5]))).rowNumbers() }
  }

  /// Cut and altered files are read or refused, never more than that; both must happen.
  @Test(arguments: ["a.fvecs", "a.bvecs", "a.ivecs", "a.fbin", "a.npy"])
  func alteredFilesNeverCrash(_ name: String) throws {
    var generator = SeededGenerator(seed: 11)
    let good =
      switch name {
      case "a.npy": numpy("{'descr': '<f4', 'fortran_order': False, 'shape': (6, 4), }\n", words(Array(1...24)))
      case "a.fbin": words([6, 4] + Array(1...24))
      case "a.bvecs": (0..<6).flatMap { _ in words([4]) + [1, 2, 3, 4] }
      default: (0..<6).flatMap { _ in words([4, 1, 2, 3, 4]) }
      }
    var outcomes = (read: 0, refused: 0)
    for _ in 0..<600 {
      var bytes = good
      if Bool.random(using: &generator) { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &generator)) }
      for _ in 0..<Int.random(in: 0...4, using: &generator) where !bytes.isEmpty {
        bytes[Int.random(in: 0..<bytes.count, using: &generator)] ^= UInt8.random(in: 1...255, using: &generator)
      }
      guard let file = try? VectorFile(path: folder.file(name, bytes)) else {
        outcomes.refused += 1
        continue
      }
      outcomes.read += 1
      #expect(file.floats().count == file.count * file.dimension)
      _ = try? file.rowNumbers()
    }
    #expect(outcomes.read > 20 && outcomes.refused > 20)
  }
}
