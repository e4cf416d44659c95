internal import Foundation

/// A picture of one or three channels of bytes, pixel after pixel, line after line.
public struct Picture: Hashable, Sendable {
  public let width: Int
  public let height: Int
  /// 1 for grey, 3 for red, green and blue.
  public let channels: Int
  public let bytes: [UInt8]

  /// - Precondition: there are `width * height * channels` bytes, and 1 or 3 channels.
  public init(width: Int, height: Int, channels: Int, bytes: [UInt8]) {
    precondition(width > 0 && height > 0 && (channels == 1 || channels == 3), "a picture of \(width) x \(height) x \(channels)")
    precondition(bytes.count == width * height * channels, "\(bytes.count) bytes for \(width) x \(height) x \(channels)")
    (self.width, self.height, self.channels, self.bytes) = (width, height, channels, bytes)
  }

  /// Reads a binary file of Netpbm: `.pgm` (P5) or `.ppm` (P6), with bytes.
  ///
  /// - Throws: `malformedFile` if it is something else, or shorter than it says.
  public init(path: String) throws(ModelError) {
    let file: [UInt8]
    do {
      file = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    } catch {
      throw .missingFile(path: path, advice: "Give the path of a picture.")
    }
    guard file.count > 2, file[0] == UInt8(ascii: "P"), file[1] == UInt8(ascii: "5") || file[1] == UInt8(ascii: "6") else {
      throw .malformedFile(path: path, reason: "it is no binary PGM or PPM; convert it: `convert picture.jpg picture.ppm`")
    }
    var place = 2
    func number() throws(ModelError) -> Int {
      while place < file.count, Self.isBlank(file[place]) || file[place] == UInt8(ascii: "#") {
        if file[place] == UInt8(ascii: "#") { while place < file.count, file[place] != UInt8(ascii: "\n") { place += 1 } } else { place += 1 }
      }
      var value = 0
      let first = place
      while place < file.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(file[place]), value < Self.largestSide {
        value = 10 * value + Int(file[place] - UInt8(ascii: "0"))
        place += 1
      }
      guard place > first, (1...Self.largestSide).contains(value) else { throw .malformedFile(path: path, reason: "its header has no size") }
      return value
    }
    let (width, height, levels) = (try number(), try number(), try number())
    guard levels == 255, place < file.count, Self.isBlank(file[place]) else {
      throw .malformedFile(path: path, reason: "it has \(levels + 1) levels where 256 are read")
    }
    let channels = file[1] == UInt8(ascii: "5") ? 1 : 3
    let count = width * height * channels
    guard file.count - place - 1 >= count else {
      throw .malformedFile(path: path, reason: "it ends before its \(width) x \(height) pixels do")
    }
    self.init(width: width, height: height, channels: channels, bytes: Array(file[place + 1..<place + 1 + count]))
  }

  private static let largestSide = 65_535

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }
}

extension Picture {
  /// The picture in another size: each pixel the mean of those it covers, weighted by a triangle, first along lines and then across them, as
  /// the filter BILINEAR of the Python library Pillow, but for the last bit.
  public func scaled(toWidth width: Int, height: Int) -> Picture {
    precondition(width > 0 && height > 0, "a picture of \(width) x \(height)")
    var result = self
    if width != result.width { result = result.resampled(alongLines: true, to: width) }
    if height != result.height { result = result.resampled(alongLines: false, to: height) }
    return result
  }

  private func resampled(alongLines: Bool, to size: Int) -> Picture {
    let length = alongLines ? width : height
    let (lines, step, lineStep) = alongLines ? (height, channels, width * channels) : (width, width * channels, channels)
    let shape = alongLines ? (width: size, height: height) : (width: width, height: size)
    let (outStep, outLineStep) = alongLines ? (channels, size * channels) : (width * channels, channels)
    var out = [UInt8](repeating: 0, count: shape.width * shape.height * channels)
    let ratio = Double(length) / Double(size)
    let reach = max(1, ratio)
    for place in 0..<size {
      let centre = (Double(place) + 0.5) * ratio
      let sources = max(0, Int(centre - reach + 0.5))..<min(length, Int(centre + reach + 0.5))
      let weights = sources.map { max(0, 1 - abs((Double($0) - centre + 0.5) / reach)) }
      let total = weights.reduce(0, +)
      for line in 0..<lines {
        for channel in 0..<channels {
          var sum = 0.0
          for (source, weight) in zip(sources, weights) { sum += weight * Double(bytes[line * lineStep + source * step + channel]) }
          out[line * outLineStep + place * outStep + channel] = UInt8(min(255, max(0, (sum / total).rounded())))
        }
      }
    }
    return Picture(width: shape.width, height: shape.height, channels: channels, bytes: out)
  }
}
