internal import Foundation
internal import NeedletailCore
internal import NeedletailNumerics
internal import NeedletailText

extension ShallowModel {
  private static let weightsName = "model.safetensors"

  /// Whether a folder holds a shallow model, by the name of its settings.
  public static func isModel(at path: String) -> Bool {
    FileManager.default.fileExists(atPath: path + "/" + ShallowSettings.fileName)
  }

  /// Saves the model into an existing folder: `shallow.json`, `vocabulary.tsv` and `model.safetensors`.
  ///
  /// The vectors of the texts that were learned from are not saved; whoever needs them keeps them, or infers them.
  public func save(to path: String) throws(ModelError) {
    try VocabularyFile.write(vocabulary, folder: path)
    do throws(FileError) {
      try SafetensorsWriter.write(entries, metadata: ["format": "needletail-shallow"], to: path + "/" + Self.weightsName)
    } catch {
      throw .file(error)
    }
    // Last, since it is what makes the folder a model.
    try settings.write(folder: path)
  }

  /// Opens a saved model.
  ///
  /// - Parameters:
  ///   - path: the folder.
  ///   - name: the name it goes by; the folder's if nil.
  /// - Throws: if a file is missing or damaged, numbers and settings do not fit together, or a number is not finite.
  public static func open(path: String, name: String? = nil) throws(ModelError) -> ShallowModel {
    let name = name ?? URL(fileURLWithPath: path).lastPathComponent
    let settings = try ShallowSettings.read(folder: path)
    let vocabulary = try VocabularyFile.read(folder: path)
    let file: SafetensorsFile
    do throws(FileError) {
      file = try SafetensorsFile(path: path + "/" + weightsName)
    } catch {
      throw .file(error)
    }
    let model = try read(settings, vocabulary, StoredRows(file: file), name: name)
    guard model.profile.digest == settings.digest else {
      throw .malformedFile(path: path, reason: "words or numbers are not those that were saved")
    }
    return model
  }

  private static func read(
    _ settings: ShallowSettings, _ vocabulary: WordVocabulary, _ stored: StoredRows, name: String
  ) throws(ModelError) -> ShallowModel {
    let training = settings.training
    let dimension = training.dimension
    let words = vocabulary.count
    switch settings.kind {
    case .wordVectors:
      guard let objective = settings.objective.flatMap(WordVectors.Objective.init) else { throw stored.lacks("objective") }
      return .wordVectors(try WordVectors(
        name: name, vocabulary: vocabulary, objective: objective, training: training, splitter: settings.splitter,
        inputs: try stored.rows("words", count: words, dimension: dimension)))
    case .paragraphVectors:
      guard let objective = settings.objective.flatMap(ParagraphVectors.Objective.init) else { throw stored.lacks("objective") }
      return .paragraphVectors(try ParagraphVectors(
        name: name, vocabulary: vocabulary, objective: objective, training: training, splitter: settings.splitter,
        inputs: try stored.rows("words", count: words, dimension: dimension),
        outputs: try stored.rows("outputs", count: OutputLayout(vocabulary, training).count, dimension: dimension),
        learnedTexts: DenseVectors(dimension: dimension, values: [])))
    case .binaryCodes:
      guard let options = settings.codes else { throw stored.lacks("codes") }
      guard training.negatives > 0, !training.usesHierarchicalSoftmax else { throw stored.lacks("training with counter-examples alone") }
      let width = CodeNetwork.width(options, training)
      let network = CodeNetwork(
        vocabulary, options, training, outputs: try stored.rows("outputs", count: words, dimension: width),
        words: options.usesContext ? try stored.rows("words", count: words, dimension: width) : nil,
        projection: try options.realDimension.map { real throws(ModelError) in
          try stored.rows("projection", count: options.bits, dimension: real)
        })
      return .binaryCodes(try BinaryParagraphVectors(
        name: name, vocabulary: vocabulary, splitter: settings.splitter, network: network,
        learnedTexts: DenseVectors(dimension: network.textDimension, values: [])))
    case .wordSenses:
      guard let options = settings.senses else { throw stored.lacks("senses") }
      let network = SenseNetwork(
        senseCount: options.senses, senses: try stored.rows("senses", count: words * options.senses, dimension: dimension + 1),
        outputs: try stored.rows("outputs", count: words, dimension: dimension + 1),
        classifiers: try stored.rows("classifiers", count: (words + 1) * options.senses, dimension: dimension + 1))
      let priors = try stored.rows("priors", count: words, dimension: options.senses).values(of: 0..<words)
      return .wordSenses(try WordSenses(
        name: name, vocabulary: vocabulary, splitter: settings.splitter, options: options, training: training, network: network,
        priors: priors))
    }
  }

  private var settings: ShallowSettings {
    func make(_ training: ShallowTraining, _ splitter: AlphabeticWords) -> ShallowSettings {
      ShallowSettings(
        version: ShallowSettings.currentVersion, kind: kind, digest: profile.digest, training: training, splitter: splitter)
    }
    var settings: ShallowSettings
    switch self {
    case .wordVectors(let model):
      settings = make(model.training, model.splitter)
      settings.objective = model.objective.rawValue
    case .paragraphVectors(let model):
      settings = make(model.training, model.splitter)
      settings.objective = model.objective.rawValue
    case .binaryCodes(let model):
      settings = make(model.training, model.splitter)
      settings.codes = model.options
    case .wordSenses(let model):
      settings = make(model.training, model.splitter)
      settings.senses = model.options
    }
    return settings
  }

  private var entries: [SafetensorsWriter.Entry] {
    func entry(_ name: String, _ rows: ParameterRows) -> SafetensorsWriter.Entry {
      .init(name: name, shape: [rows.count, rows.dimension]) { rows.values(of: 0..<rows.count) }
    }
    switch self {
    case .wordVectors(let model):
      return [entry("words", model.inputs)]
    case .paragraphVectors(let model):
      return [entry("words", model.inputs), entry("outputs", model.outputs)]
    case .binaryCodes(let model):
      return [entry("outputs", model.network.outputs)] + (model.network.words.map { [entry("words", $0)] } ?? [])
        + (model.network.projection.map { [entry("projection", $0)] } ?? [])
    case .wordSenses(let model):
      let priors = ParameterRows(dimension: model.options.senses, values: model.priors)
      return [
        entry("senses", model.network.senses), entry("outputs", model.network.outputs),
        entry("classifiers", model.network.classifiers), entry("priors", priors),
      ]
    }
  }
}

/// The tensors of a saved model.
private struct StoredRows {
  let file: SafetensorsFile

  /// A tensor of the shape that settings and vocabulary call for.
  func rows(_ name: String, count: Int, dimension: Int) throws(ModelError) -> ParameterRows {
    guard let tensor = file.tensor(named: name) else { throw .tensor(path: file.path, name: name, reason: "is missing") }
    guard tensor.shape == [count, dimension] else {
      throw .tensor(
        path: file.path, name: name, reason: "has the shape \(tensor.shape) where \([count, dimension]) is expected")
    }
    return ParameterRows(dimension: dimension, values: file.floats(tensor))
  }

  func lacks(_ what: String) -> ModelError {
    .malformedFile(path: file.path, reason: "the settings beside it lack \(what)")
  }
}
