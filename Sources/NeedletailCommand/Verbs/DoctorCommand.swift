internal import ArgumentParser
internal import Foundation
internal import Needletail
internal import NeedletailNumerics

struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Check the installation and the data directory, and say what to do about what is wrong.")

  @OptionGroup var data: DataOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    var checks = [processor, pdfReader, packageClient]
    checks.append(dataDirectory)
    checks += await modelChecks()
    for name in (try? data.directory.collectionNames()) ?? [] { checks.append(await collection(name)) }
    let failures = checks.count { $0.state == .failed }
    if output.json {
      try JSONOutput.write(checks)
    } else {
      for check in checks { check.show(on: .standardOutput) }
    }
    if failures > 0 { throw CommandProblem.doctorFoundProblems(failures) }
  }
}

/// One thing that was looked at.
private struct Check: Encodable {
  enum State: String, Encodable { case passed, warning, failed }

  let name: String
  let state: State
  let detail: String

  func show(on terminal: Terminal) {
    let mark =
      switch state {
      case .passed: terminal.styled("ok  ", .green)
      case .warning: terminal.styled("note", .yellow)
      case .failed: terminal.styled("bad ", .red, .bold)
      }
    terminal.write("\(mark)  \(name): \(detail)\n")
  }
}

extension DoctorCommand {
  private var processor: Check {
    let instructions = Processor.instructionSet
    var detail = "\(instructions) kernels, \(Units.count(WorkerPool.shared.threadCount, "thread"))"
    var state = Check.State.passed
    if instructions == "serial" {
      (state, detail) = (.warning, detail + "; all works, but slowly on this processor")
    }
    if let wanted = ProcessInfo.processInfo.environment["NEEDLETAIL_ISA"], wanted != instructions {
      (state, detail) = (.warning, detail + "; NEEDLETAIL_ISA asks for \(wanted), which is no instruction set of this processor")
    }
    return Check(name: "processor", state: state, detail: detail)
  }

  private var pdfReader: Check {
    SearchPath.find("pdftotext").map { Check(name: "PDF", state: .passed, detail: $0) }
      ?? Check(
        name: "PDF", state: .warning,
        detail: "pdftotext is missing, PDF files will be skipped; install poppler-utils (Homebrew: poppler)")
  }

  private var packageClient: Check {
    SearchPath.find("python3").map { Check(name: "python", state: .passed, detail: $0) }
      ?? Check(name: "python", state: .warning, detail: "python3 is missing, `model fetch` will not work; `model add DIR` does")
  }

  private var dataDirectory: Check {
    let path = data.directory.path
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      let probe = "\(path)/.doctor-\(ProcessInfo.processInfo.processIdentifier)"
      try Data("probe".utf8).write(to: URL(fileURLWithPath: probe))
      try FileManager.default.removeItem(atPath: probe)
    } catch {
      return Check(
        name: "data directory", state: .failed,
        detail: "\(path) cannot be written: \(error.localizedDescription); choose another with --data or NEEDLETAIL_DATA")
    }
    let attributes = try? FileManager.default.attributesOfFileSystem(forPath: path)
    let free = (attributes?[.systemFreeSize] as? NSNumber)?.intValue ?? 0
    return Check(
      name: "data directory", state: free > 500_000_000 ? .passed : .warning, detail: "\(path), \(Units.bytes(free)) free")
  }

  private func modelChecks() async -> [Check] {
    let registry = data.registry
    let models = registry.models()
    guard !models.isEmpty else {
      return [Check(name: "models", state: .warning, detail: "none; get the default one: needletail model fetch")]
    }
    var checks: [Check] = []
    for model in models {
      do {
        let vectors = try await registry.embedder(named: model.name).encode(["one sentence"], as: .query)
        checks.append(Check(name: "model \(model.name)", state: .passed, detail: "\(vectors.dimension) dimensions, \(model.path)"))
      } catch {
        checks.append(Check(name: "model \(model.name)", state: .failed, detail: "\(error)"))
      }
    }
    return checks
  }

  private func collection(_ name: String) async -> Check {
    do {
      let collection = try DocumentCollection.open(name, in: data.directory, access: .read)
      let statistics = try collection.snapshot().statistics()
      let problems = try collection.check() + collection.notices
      await collection.close()
      return Check(
        name: "collection \(name)", state: problems.isEmpty ? .passed : .failed,
        detail: problems.isEmpty
          ? "\(Units.count(statistics.documents, "document")), \(Units.count(statistics.passages, "passage"))"
          : problems.joined(separator: "; "))
    } catch {
      return Check(name: "collection \(name)", state: .failed, detail: "\(error)")
    }
  }
}
