internal import Foundation
internal import NeedletailNumerics

/// A picture of brightness, row after row, from 0 to 1.
public struct GrayImage: Sendable {
  public let width: Int
  public let height: Int
  public private(set) var pixels: [Float]

  /// - Precondition: there is a pixel for each place.
  public init(width: Int, height: Int, pixels: [Float]) {
    precondition(width > 0 && height > 0 && pixels.count == width * height, "\(pixels.count) pixels for \(width) x \(height)")
    self.width = width
    self.height = height
    self.pixels = pixels
  }

  /// Most pixels of a file.
  private static let largest = 1 << 26

  /// Reads a portable graymap of 8 bits ("P5"), compressed by gzip or not.
  ///
  /// - Throws: `IndexError.file` if it cannot be opened, `.corrupted` if it is no such picture.
  public init(graymap path: String) throws(IndexError) {
    var bytes: [UInt8] = []
    do throws(FileError) {
      var reader = try GzipReader(path: path)
      while bytes.count <= Self.largest + 1024 {
        let piece = try reader.read()
        if piece.isEmpty { break }
        bytes += piece
      }
    } catch {
      throw .file(error)
    }
    var position = 2
    /// The next number of the header, which white space and comments separate.
    func number() -> Int? {
      while position < bytes.count {
        if bytes[position] == UInt8(ascii: "#") {
          while position < bytes.count, bytes[position] != 0x0A { position += 1 }
        } else if bytes[position] <= 0x20 {
          position += 1
        } else {
          break
        }
      }
      var value: Int?
      while position < bytes.count, (0x30...0x39).contains(bytes[position]), (value ?? 0) < Self.largest {
        value = (value ?? 0) * 10 + Int(bytes[position] - 0x30)
        position += 1
      }
      return value
    }
    guard bytes.starts(with: [UInt8(ascii: "P"), UInt8(ascii: "5")]), let width = number(), let height = number(), let depth = number(),
      width > 0, height > 0, width <= Self.largest, height <= Self.largest / width, (1...255).contains(depth), position < bytes.count,
      bytes.count - position - 1 >= width * height
    else { throw .corrupted(path: path, reason: "it is no graymap of 8 bits") }
    let start = position + 1
    self.init(
      width: width, height: height, pixels: bytes[start..<start + width * height].map { Float($0) / Float(depth) })
  }

  subscript(x: Int, y: Int) -> Float { pixels[min(max(0, y), height - 1) * width + min(max(0, x), width - 1)] }

  /// The brightness between pixels; beyond the border that of the border.
  func sample(_ x: Float, _ y: Float) -> Float {
    let (left, top) = (x.rounded(.down), y.rounded(.down))
    let (fx, fy) = (x - left, y - top)
    let (column, row) = (Int(left), Int(top))
    let upper = self[column, row] * (1 - fx) + self[column + 1, row] * fx
    let lower = self[column, row + 1] * (1 - fx) + self[column + 1, row + 1] * fx
    return upper * (1 - fy) + lower * fy
  }

  /// The picture turned, scaled and moved: what stands at a place of the result is taken from the turned place around the middle.
  ///
  /// - Parameters:
  ///   - angle: in radians.
  ///   - scale: above 1 shows a part of the picture larger.
  ///   - gain: a factor of the brightness.
  public func transformed(angle: Float, scale: Float, gain: Float = 1) -> GrayImage {
    var result = self
    let (middleX, middleY) = (Float(width) / 2, Float(height) / 2)
    let (cosine, sine) = (cos(angle) / scale, sin(angle) / scale)
    for y in 0..<height {
      for x in 0..<width {
        let (dx, dy) = (Float(x) - middleX, Float(y) - middleY)
        result.pixels[y * width + x] = gain * sample(middleX + cosine * dx - sine * dy, middleY + sine * dx + cosine * dy)
      }
    }
    return result
  }

  /// Blurred by a Gaussian.
  func blurred(_ sigma: Float) -> GrayImage {
    let radius = max(1, Int((3 * sigma).rounded(.up)))
    var weights = (-radius...radius).map { exp(-Float($0 * $0) / (2 * sigma * sigma)) }
    let sum = weights.reduce(0, +)
    for index in weights.indices { weights[index] /= sum }
    var across = self
    for y in 0..<height {
      for x in 0..<width {
        var value: Float = 0
        for (index, weight) in weights.enumerated() { value += weight * self[x + index - radius, y] }
        across.pixels[y * width + x] = value
      }
    }
    var result = across
    for y in 0..<height {
      for x in 0..<width {
        var value: Float = 0
        for (index, weight) in weights.enumerated() { value += weight * across[x, y + index - radius] }
        result.pixels[y * width + x] = value
      }
    }
    return result
  }

  /// Made smaller by a factor above 1.
  func reduced(by factor: Float) -> GrayImage? {
    let (newWidth, newHeight) = (Int(Float(width) / factor), Int(Float(height) / factor))
    guard newWidth >= 32, newHeight >= 32 else { return nil }
    let smooth = blurred(0.5 * factor)
    var pixels: [Float] = []
    pixels.reserveCapacity(newWidth * newHeight)
    for y in 0..<newHeight { for x in 0..<newWidth { pixels.append(smooth.sample(Float(x) * factor, Float(y) * factor)) } }
    return GrayImage(width: newWidth, height: newHeight, pixels: pixels)
  }
}
