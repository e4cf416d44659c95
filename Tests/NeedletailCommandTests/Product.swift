import Foundation
import Testing

/// The built `needletail`, run as a child process with a data directory of its own.
final class Product {
  struct Outcome {
    let code: Int32
    let output: String
    let errors: String

    /// The output as JSON.
    func json<Value: Decodable>(_ type: Value.Type) throws -> Value {
      try JSONDecoder().decode(type, from: Data(output.utf8))
    }
  }

  let folder: URL
  private let executable: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("needletail-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    // The test runner stands beside the products of the build.
    var products = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    while products.path != "/", !FileManager.default.isExecutableFile(atPath: products.appendingPathComponent("needletail").path) {
      products.deleteLastPathComponent()
    }
    executable = products.appendingPathComponent("needletail")
    try #require(FileManager.default.isExecutableFile(atPath: executable.path), "the product needletail is not built")
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// Writes a file below the folder and returns its path.
  @discardableResult
  func write(_ name: String, _ text: String) throws -> String {
    let file = folder.appendingPathComponent(name)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
    return file.path
  }

  /// A process that is ready to run, its data directory set.
  func process(_ arguments: [String]) -> Process {
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    var environment = ProcessInfo.processInfo.environment
    environment["NEEDLETAIL_DATA"] = folder.appendingPathComponent("data").path
    process.environment = environment
    return process
  }

  func run(_ arguments: String...) throws -> Outcome { try run(arguments) }

  func run(_ arguments: [String]) throws -> Outcome {
    let process = process(arguments)
    let output = folder.appendingPathComponent("stdout-\(UUID().uuidString)")
    let errors = folder.appendingPathComponent("stderr-\(UUID().uuidString)")
    for file in [output, errors] { _ = FileManager.default.createFile(atPath: file.path, contents: nil) }
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    process.standardInput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return Outcome(
      code: process.terminationStatus, output: String(decoding: try Data(contentsOf: output), as: UTF8.self),
      errors: String(decoding: try Data(contentsOf: errors), as: UTF8.self))
  }
}
