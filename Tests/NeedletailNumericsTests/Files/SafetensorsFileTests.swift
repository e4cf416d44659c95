import NeedletailNumerics
import Testing

@Suite struct SafetensorsFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func bytes(header: String, data: [UInt8] = []) -> [UInt8] {
    littleEndian(UInt64(header.utf8.count)) + Array(header.utf8) + data
  }

  private func opened(header: String, data: [UInt8] = []) throws -> SafetensorsFile {
    try SafetensorsFile(path: folder.file("model.safetensors", bytes(header: header, data: data)))
  }

  private func littleEndian<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
    (0..<Value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }

  @Test func readsTensorsMetadataAndEscapedNames() throws {
    let header = """
      {"__metadata__": {"format": "pt"}, "b": {"dtype": "F32", "shape": [2, 2], "data_offsets": [3, 19]},
       "\\u00e9\\ud83d\\ude00\\n": {"data_offsets": [0, 3], "shape": [3], "dtype": "U8"},
       "empty": {"dtype": "F16", "shape": [0, 7], "data_offsets": [19, 19]} }
      """
    let data: [UInt8] = [1, 2, 255] + [1.5, -2, 0, Float.infinity].flatMap { littleEndian($0.bitPattern) }
    let file = try opened(header: header + "   ", data: data)
    #expect(file.metadata == ["format": "pt"])
    #expect(file.names == ["é😀\n", "b", "empty"])
    let matrix = try #require(file.tensor(named: "b"))
    #expect(matrix.shape == [2, 2] && matrix.elementType == .float32 && matrix.count == 4)
    #expect(file.floats(matrix) == [1.5, -2, 0, .infinity])
    #expect(file.floats(try #require(file.tensor(named: "é😀\n"))) == [1, 2, 255])
    #expect(file.floats(try #require(file.tensor(named: "empty"))).isEmpty)
    #expect(file.tensor(named: "c") == nil)
  }

  @Test func convertsEveryElementType() throws {
    let stored: [(ElementType, [UInt8], [Float])] = [
      (.boolean, [0, 1], [0, 1]),
      (.uint8, [0, 200], [0, 200]),
      (.int8, [0xFF, 5], [-1, 5]),
      (.uint16, littleEndian(UInt16(65535)), [65535]),
      (.int16, littleEndian(Int16(-300)), [-300]),
      (.uint32, littleEndian(UInt32(1 << 31)), [2_147_483_648]),
      (.int32, littleEndian(Int32.min), [-2_147_483_648]),
      (.uint64, littleEndian(UInt64(1 << 40)), [1_099_511_627_776]),
      (.int64, littleEndian(Int64(-7)), [-7]),
      (.float16, littleEndian(UInt16(0x3E00)) + littleEndian(UInt16(0xC000)), [1.5, -2]),
      (.bfloat16, littleEndian(UInt16(0x3FC0)) + littleEndian(UInt16(0xC000)), [1.5, -2]),
      (.float32, littleEndian(Float(0.1).bitPattern), [0.1]),
      (.float64, littleEndian(Double(0.1).bitPattern), [0.1]),
    ]
    #expect(Set(stored.map(\.0)) == Set(ElementType.allCases))
    for (type, data, expected) in stored {
      let header = #"{"x":{"dtype":"\#(type.rawValue)","shape":[\#(expected.count)],"data_offsets":[0,\#(data.count)]}}"#
      let file = try opened(header: header, data: data)
      #expect(file.floats(try #require(file.tensor(named: "x"))) == expected, "\(type)")
    }
  }

  /// Against the definition of the format: sign, exponent, fraction.
  @Test func halfPrecisionConversionIsExactForAllBitPatterns() {
    let wrong = (UInt16.min...UInt16.max).filter { bits in
      let exponent = Int(bits >> 10 & 31)
      let fraction = Float(bits & 1023) / 1024
      let sign: Float = bits >> 15 == 1 ? -1 : 1
      let value = Float(halfPrecision: bits)
      if exponent == 31 {
        return fraction == 0 ? value != sign * .infinity : !value.isNaN
      }
      let scale = Float(sign: .plus, exponent: max(exponent, 1) - 15, significand: 1)
      let expected = sign * (exponent == 0 ? fraction : 1 + fraction) * scale
      return value != expected || value.sign != expected.sign
    }
    #expect(wrong.isEmpty)
  }

  @Test(arguments: [
    ("", "brace"), ("[]", "wrong bracket"), ("{", "unclosed"), (#"{"a"}"#, "no value"), (#"{"a":1}"#, "not an object"),
    ("{} x", "text after the end"),
    (#"{"x":{"dtype":"F32","shape":[1]}}"#, "no offsets"),
    (#"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#, "one offset"),
    (#"{"x":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, "reversed"),
    (#"{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, "outside"),
    (#"{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, "shape and bytes differ"),
    (#"{"x":{"dtype":"F4","shape":[1],"data_offsets":[0,4]}}"#, "unknown type"),
    (#"{"x":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, "negative"),
    (#"{"x":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}"#, "not an integer"),
    (#"{"x":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,4]}}"#, "too large"),
    (#"{"x":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,4]}}"#, "product overflows"),
    (#"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"more":1}}"#, "unknown key"),
    (#"{"x":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}"#, "bytes that belong to nobody"),
    (#"{"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"y":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}"#, "hole"),
    (#"{"x":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"y":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}"#, "overlap"),
    (#"{"x":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"x":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}"#, "same name"),
    (#"{"__metadata__":{"a":1},"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, "metadata that is no string"),
    (#"{"\ud800":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, "half a surrogate pair"),
    (#"{"\q":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, "unknown escape"),
  ])
  func refusesHostileHeaders(header: String, flaw: String) throws {
    let path = try folder.file("model.safetensors", bytes(header: header, data: [0, 0, 0, 0]))
    let error = #expect(throws: FileError.self) { try SafetensorsFile(path: path) }
    guard case .malformed(path, _, _) = error else {
      Issue.record("\(flaw): \(String(describing: error))")
      return
    }
  }

  @Test(arguments: [0, 1, 7]) func refusesFilesShorterThanThePrefix(count: Int) throws {
    let path = try folder.file("short", [UInt8](repeating: 0, count: count))
    #expect(throws: FileError.self) { try SafetensorsFile(path: path) }
  }

  @Test(arguments: [UInt64.max, 1 << 63, 100_000_001, 3]) func refusesHeaderLengthsBeyondTheFile(length: UInt64) throws {
    let path = try folder.file("long", littleEndian(length) + Array("{}".utf8))
    #expect(throws: FileError.self) { try SafetensorsFile(path: path) }
  }

  @Test func refusesNamesThatAreNotUTF8() throws {
    var file = bytes(header: #"{"_":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#)
    file[10] = 0xFF
    let path = try folder.file("latin", file)
    #expect(throws: FileError.self) { try SafetensorsFile(path: path) }
  }

  @Test func saysWhichFileIsMissing() {
    let error = #expect(throws: FileError.self) { try SafetensorsFile(path: folder.path + "/absent.safetensors") }
    #expect(error?.description.contains("absent.safetensors") == true)
  }

  /// Whatever the bytes, opening either throws or gives tensors that can be read.
  @Test func survivesSeededMutations() throws {
    let header = """
      {"__metadata__":{"format":"pt"},"weight":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},\
      "bias":{"dtype":"F16","shape":[2],"data_offsets":[16,20]}}
      """
    let original = bytes(header: header, data: (0..<20).map { UInt8($0) })
    var generator = SeededGenerator(seed: 7)
    for round in 0..<3000 {
      var mutated = original
      for _ in 0...Int.random(in: 0..<3, using: &generator) {
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: mutated[Int.random(in: mutated.indices, using: &generator)] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case 1: mutated[Int.random(in: mutated.indices, using: &generator)] = Array("{}[]\",:\\0123456789".utf8).randomElement(using: &generator) ?? 0
        case 2: mutated.removeLast(Int.random(in: 0..<min(20, mutated.count), using: &generator))
        default: mutated.insert(UInt8.random(in: 0...255, using: &generator), at: Int.random(in: mutated.indices, using: &generator))
        }
        if mutated.isEmpty { mutated = [0] }
      }
      let path = try folder.file("mutated", mutated)
      do throws(FileError) {
        let file = try SafetensorsFile(path: path)
        for tensor in file.tensors { #expect(file.floats(tensor).count == tensor.shape.reduce(1, *), "round \(round)") }
      } catch {
        guard case .malformed = error else {
          Issue.record("round \(round): \(error)")
          return
        }
      }
    }
  }
}
