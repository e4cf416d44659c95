internal import Foundation

/// Writes files of named tensors in the safetensors format, in single precision.
public enum SafetensorsWriter {
  /// A tensor to be written; its numbers are asked for when it is its turn.
  public struct Entry {
    public var name: String
    public var shape: [Int]
    public var values: () -> [Float]

    public init(name: String, shape: [Int], values: @escaping () -> [Float]) {
      self.name = name
      self.shape = shape
      self.values = values
    }
  }

  /// Makes or replaces a file, which appears complete or not at all.
  ///
  /// - Parameters:
  ///   - entries: in the order of their data; names differ, and each gives as many values as its shape says.
  ///   - metadata: free remarks.
  ///   - path: the file.
  public static func write(_ entries: [Entry], metadata: [String: String], to path: String) throws(FileError) {
    var offset = 0
    var fields: [String] = metadata.isEmpty ? [] : ["\"__metadata__\":\(object(metadata.sorted { $0.key < $1.key }.map { (quoted($0.key), quoted($0.value)) }))"]
    for entry in entries {
      let byteCount = entry.shape.reduce(4, *)
      fields.append(
        "\(quoted(entry.name)):{\"dtype\":\"F32\",\"shape\":\(entry.shape),\"data_offsets\":[\(offset),\(offset + byteCount)]}")
      offset += byteCount
    }
    var header = Array("{\(fields.joined(separator: ","))}".utf8)
    // data begins at a multiple of 64 bytes
    while (header.count + SafetensorsHeader.prefixByteCount) % 64 != 0 { header.append(UInt8(ascii: " ")) }
    let length = UInt64(header.count)
    try AtomicFile.write(to: path) { (writer) throws(FileError) in
      try writer.write((0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * UInt64($0))) })
      try writer.write(header)
      for entry in entries {
        let values = entry.values()
        precondition(values.count == entry.shape.reduce(1, *), "\(values.count) values for \(entry.name) of shape \(entry.shape)")
        // both supported processors are little endian, as the format is
        try unsafe values.span.bytes.withUnsafeBytes { bytes throws(FileError) in try unsafe writer.write(bytes) }
      }
    }
  }

  private static func object(_ pairs: [(String, String)]) -> String {
    "{" + pairs.map { "\($0):\($1)" }.joined(separator: ",") + "}"
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case _ where scalar.value < 32: result += String(format: "\\u%04x", scalar.value)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
