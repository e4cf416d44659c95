import Foundation
import NeedletailCore
import NeedletailModels
import NeedletailNumerics
import Testing

/// Against what transformers and Pillow compute; see Fixtures/scripts/make_vision.py.
@Suite struct PictureEmbedderTests {
  private struct Expected: Decodable {
    let states: [[Float]]
    let scaled: [String: [Int]]
  }

  private func path() throws -> String {
    try #require(Bundle.module.url(forResource: "Fixtures", withExtension: nil)).appending(path: "vision").path
  }

  private func expected() throws -> Expected {
    try JSONDecoder().decode(Expected.self, from: Data(contentsOf: URL(fileURLWithPath: path() + "/expected.json")))
  }

  private func picture(_ width: Int, _ height: Int) -> Picture {
    var bytes: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        for c in 0..<3 { bytes.append(UInt8((x * 7 + y * 13 + c * 41 + x * y * (c + 1)) % 256)) }
      }
    }
    return Picture(width: width, height: height, channels: 3, bytes: bytes)
  }

  @Test func statesAreThoseOfTheReference() throws {
    let embedder = try PictureEmbedder(path: path())
    let wanted = try expected().states
    let found = embedder.states(of: picture(20, 20))
    #expect(found.count == wanted.count && wanted.count == 17)
    for (own, other) in zip(found, wanted) { for (a, b) in zip(own, other) { #expect(abs(a - b) < 1e-4) } }
  }

  @Test func vectorsAreTheFirstStateOfUnitLengthOnAnyNumberOfThreads() throws {
    let pictures = [picture(20, 20), picture(31, 9), picture(20, 21)]
    let one = try PictureEmbedder(path: path(), pool: WorkerPool(threadCount: 1)).encode(pictures)
    #expect(try PictureEmbedder(path: path(), pool: WorkerPool(threadCount: 3)).encode(pictures).values == one.values)
    let state = try expected().states[0]
    let length = state.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
    for (a, b) in zip(one[0], state) { #expect(abs(a - b / length) < 1e-5) }
  }

  @Test func picturesAreScaledAsByPillowButForTheLastBit() throws {
    for (size, wanted) in try expected().scaled {
      let sides = size.split(separator: "x").compactMap { Int($0) }
      let found = picture(23, 17).scaled(toWidth: sides[0], height: sides[1])
      #expect(found.bytes.count == wanted.count)
      for (a, b) in zip(found.bytes, wanted) { #expect(abs(Int(a) - b) <= 1, "\(size)") }
    }
  }

  @Test func filesOfPicturesAreReadAndDamagedOnesAreErrors() throws {
    let path = NSTemporaryDirectory() + "needletail-picture-" + UUID().uuidString + ".ppm"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let own = picture(5, 4)
    let whole = Data("P6\n# made by hand\n5 4\n255\n".utf8) + Data(own.bytes)
    try whole.write(to: URL(fileURLWithPath: path))
    #expect(try Picture(path: path) == own)
    var generator = SeededGenerator(seed: 2)
    for round in 0..<200 {
      var bytes = whole
      if round.isMultiple(of: 2) {
        bytes = bytes.prefix(Int.random(in: 0..<bytes.count, using: &generator))
        try bytes.write(to: URL(fileURLWithPath: path))
        #expect(throws: ModelError.self) { try Picture(path: path) }
      } else {
        bytes[Int.random(in: 0..<30, using: &generator)] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        try bytes.write(to: URL(fileURLWithPath: path))
        _ = try? Picture(path: path)
      }
    }
  }

  @Test(arguments: [
    ("config.json", "\"vit\"", "\"deit\"", "deit"), ("config.json", "\"patch_size\": 5", "\"patch_size\": 6", "do not fit"),
    ("config.json", "\"num_hidden_layers\": 3", "\"num_hidden_layers\": 4", "encoder.layer.3"), ("preprocessor_config.json", "0.25", "0", "positive"),
  ]) func whatIsNotUnderstoodIsNamed(file: String, old: String, new: String, named: String) throws {
    let folder = NSTemporaryDirectory() + "needletail-vision-" + UUID().uuidString
    try FileManager.default.copyItem(atPath: path(), toPath: folder)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let changed = try String(contentsOfFile: folder + "/" + file, encoding: .utf8).replacingOccurrences(of: old, with: new)
    try changed.write(toFile: folder + "/" + file, atomically: true, encoding: .utf8)
    #expect { try PictureEmbedder(path: folder) } throws: { "\($0)".contains(named) }
  }
}
