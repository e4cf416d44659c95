import Foundation
import NeedletailCore
import NeedletailRetrieval
import NeedletailStore
import Testing

/// Questions of which it is known from where on answers are relevant.
struct RelevanceSample {
  static let dimension = 16

  /// Relevant exactly above a cosine that depends on the question: `0.3 + 0.4 σ(w · q)`.
  static func examples(questions: Int, candidates: Int = 40, seed: UInt64) -> RelevanceExamples {
    var generator = SeededGenerator(seed: seed)
    var examples = RelevanceExamples(dimension: dimension)
    for _ in 0..<questions {
      let vector = (0..<dimension).map { _ in Float.random(in: -1...1, using: &generator) }
      let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
      let query = vector.map { $0 / length }
      let threshold = 0.3 + 0.4 * ScoreMapping.sigmoid(Double(12 * (query[0] + query[1])))
      let cosines = (0..<candidates).map { _ in Double.random(in: 0...1, using: &generator) }
      examples.append(query, cosines: cosines, labels: cosines.map { $0 > threshold ? 1 : 0 })
    }
    return examples
  }
}

@Suite struct ScoreMappingTests {
  @Test(arguments: ScoreMapping.allCases) func neverFalls(mapping: ScoreMapping) {
    var generator = SeededGenerator(seed: 5)
    for _ in 0..<1000 {
      let curve = SIMD3((0..<3).map { _ in Double.random(in: -8...8, using: &generator) })
      let cosines = (0..<20).map { _ in Double.random(in: -1...1, using: &generator) }.sorted()
      let values = cosines.map { mapping.value($0, curve) }
      #expect(values.allSatisfy { $0.isFinite })
      #expect(zip(values, values.dropFirst()).allSatisfy { $0 <= $1 })
    }
  }

  @Test(arguments: ScoreMapping.allCases) func gradientsAgreeWithDifferences(mapping: ScoreMapping) {
    var generator = SeededGenerator(seed: 6)
    for _ in 0..<200 {
      let curve = SIMD3((0..<3).map { _ in Double.random(in: -3...3, using: &generator) })
      for cosine in [Double.random(in: 0.01...1, using: &generator), 1e-4, 1e-9, 0.9] {
        let gradient = mapping.gradient(cosine, curve)
        for place in 0..<mapping.parameterCount {
          var (up, down) = (curve, curve)
          up[place] += 1e-5
          down[place] -= 1e-5
          let difference = (mapping.value(cosine, up) - mapping.value(cosine, down)) / 2e-5
          #expect(abs(gradient[place] - difference) < 1e-4 * max(1, abs(difference)), "\(mapping) at \(cosine), \(place)")
        }
      }
    }
  }
}

@Suite struct RelevanceFitterTests {
  /// Before training the model is global calibration, whatever the curve.
  @Test(arguments: [ScoreMapping.shift, .linear, .power]) func startsAtGlobalCalibration(mapping: ScoreMapping) throws {
    let (training, validation) = (RelevanceSample.examples(questions: 60, seed: 1), RelevanceSample.examples(questions: 20, seed: 2))
    var fitter = RelevanceFitter(mapping: mapping)
    fitter.epochs = 0
    let start = try fitter.fit(training, validation: validation, embedder: "e", collection: "c")
    let global = try RelevanceFitter(mapping: .global).fit(training, validation: validation, embedder: "e", collection: "c")
    for query in 0..<validation.count {
      let vector = Array(validation.queries[query])
      let cosines = validation.candidates(of: query).map { validation.cosines[$0] }.filter { $0 > 1e-4 }
      for (first, second) in zip(start.probabilities(of: cosines, for: vector), global.probabilities(of: cosines, for: vector)) {
        #expect(abs(first - second) < 1e-5)
      }
    }
  }

  @Test func globalCalibrationChangesNoOrder() throws {
    let (training, validation) = (RelevanceSample.examples(questions: 60, seed: 1), RelevanceSample.examples(questions: 20, seed: 2))
    let report = try RelevanceFitter(mapping: .global).fit(training, validation: validation, embedder: "e", collection: "c").report
    #expect(abs(report.area - report.cosineArea) < 1e-12)
  }

  /// The gradient of the whole network by differences of its loss.
  @Test(arguments: ScoreMapping.allCases) func networkGradientsAgreeWithDifferences(mapping: ScoreMapping) {
    let examples = RelevanceSample.examples(questions: 1, candidates: 7, seed: 9)
    var fitter = RelevanceFitter(mapping: mapping)
    fitter.hidden = 5
    func training(_ weights: [Double]?) -> CurveTraining {
      var training = CurveTraining(fitter, examples, start: SIMD3(0.3, 0.2, -0.5))
      if let weights { training.replaceWeights(weights) }
      return training
    }
    var generator = SeededGenerator(seed: 10)
    let second = 5 * (RelevanceSample.dimension + 1)
    var weights = training(nil).weights
    for unit in 0..<5 {
      for output in 0..<mapping.parameterCount where mapping.dependent[output] {
        weights[second + output * 5 + unit] = Double.random(in: -0.5...0.5, using: &generator)
      }
    }
    let mask = [1.0, 0, 1, 1.25, 1]
    var gradient = [Double](repeating: 0, count: weights.count)
    training(weights).add(0, of: examples, mask: mask, share: 1, to: &gradient)
    func loss(_ place: Int, _ change: Double) -> Double {
      var changed = weights
      changed[place] += change
      var ignored = [Double](repeating: 0, count: weights.count)
      return training(changed).add(0, of: examples, mask: mask, share: 1, to: &ignored)
    }
    for place in weights.indices {
      // What does not depend on the question keeps its weights at zero, and its gradient is not asked for.
      if place >= second, place < second + mapping.parameterCount * 5, !mapping.dependent[(place - second) / 5] { continue }
      let difference = (loss(place, 1e-6) - loss(place, -1e-6)) / 2e-6
      #expect(abs(gradient[place] - difference) < 1e-4 * max(1, abs(difference)), "\(mapping) weight \(place)")
    }
  }

  /// Where relevance starts at a cosine that only the question tells, one threshold on cosines fails and the model does not.
  @Test(arguments: [ScoreMapping.linear, .power]) func learnsAThresholdThatDependsOnTheQuestion(mapping: ScoreMapping) throws {
    let training = RelevanceSample.examples(questions: 1500, seed: 11)
    let validation = RelevanceSample.examples(questions: 200, seed: 12)
    var fitter = RelevanceFitter(mapping: mapping)
    fitter.hidden = 32
    fitter.learningRate = 5e-3
    let report = try fitter.fit(training, validation: validation, embedder: "e", collection: "c").report
    #expect(report.area > 0.97 && report.area > report.cosineArea + 0.015)
    #expect(report.recall >= 0.95 && report.precision > 0.9)
  }

  @Test func theSameSeedGivesTheSameModel() throws {
    let examples = RelevanceSample.examples(questions: 40, seed: 3)
    var fitter = RelevanceFitter()
    fitter.epochs = 3
    let first = try fitter.fit(holdingOut: 0.25, of: examples, embedder: "e", collection: "c")
    #expect(try fitter.fit(holdingOut: 0.25, of: examples, embedder: "e", collection: "c") == first)
  }

  @Test func saysWhatIsMissing() throws {
    var examples = RelevanceExamples(dimension: 2)
    examples.append([1, 0], cosines: [0.5, 0.4], labels: [0, 0])
    examples.append([0, 1], cosines: [0.5, 0.4], labels: [1, 0])
    let error = #expect(throws: RelevanceError.self) {
      try RelevanceFitter().fit(examples.subset([0]), validation: examples, embedder: "e", collection: "c")
    }
    #expect(error?.description.contains("0 are relevant") == true)
  }
}

@Suite struct RelevanceModelFileTests {
  private func model() throws -> RelevanceModel {
    var fitter = RelevanceFitter()
    fitter.epochs = 1
    fitter.hidden = 4
    return try fitter.fit(holdingOut: 0.25, of: RelevanceSample.examples(questions: 30, seed: 4), embedder: "digest of hashing", collection: "c")
  }

  @Test func comesBackAsItWas() throws {
    let scratch = try Scratch()
    let path = try scratch.write("relevance.json", "")
    let model = try model()
    try model.write(to: path)
    #expect(try RelevanceModel(file: path) == model)
  }

  @Test func belongsToOneModelAndOneCollection() throws {
    let model = try model()
    let profile = HashingEmbedder().profile
    #expect(throws: Never.self) { try model.check(embedder: profile, collection: "c") }
    #expect(throws: RelevanceError.self) { try model.check(embedder: profile, collection: "d") }
    #expect(throws: RelevanceError.self) { try model.check(embedder: HashingEmbedder(name: "other").profile, collection: "c") }
  }

  /// Whatever becomes of the bytes, reading gives a usable model or an error.
  @Test func survivesDamage() throws {
    let scratch = try Scratch()
    let path = try scratch.write("relevance.json", "")
    try model().write(to: path)
    let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    var generator = SeededGenerator(seed: 8)
    for round in 0..<300 {
      var damaged = Array(bytes.prefix(round % 2 == 0 ? Int.random(in: 0...bytes.count, using: &generator) : bytes.count))
      for _ in 0..<Int.random(in: 0..<4, using: &generator) where !damaged.isEmpty {
        damaged[Int.random(in: 0..<damaged.count, using: &generator)] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      }
      try Data(damaged).write(to: URL(fileURLWithPath: path))
      guard let model = try? RelevanceModel(file: path) else { continue }
      let query = [Float](repeating: 0.1, count: model.network.dimension)
      #expect(model.probabilities(of: [0.5, -1], for: query).count == 2)
    }
  }
}

@Suite struct PrecisionRecallCurveTests {
  /// The area as the sum over groups of equal scores, counted anew for each.
  @Test func areaIsAveragePrecisionWithTiesAsOneStep() {
    var generator = SeededGenerator(seed: 13)
    for _ in 0..<20 {
      let scores = (0..<60).map { _ in Double(Int.random(in: 0..<12, using: &generator)) }
      let labels = (0..<60).map { _ in Bool.random(using: &generator) ? 1.0 : 0 }
      var expected = 0.0
      let all = labels.reduce(0, +)
      for threshold in Set(scores) {
        let kept = zip(scores, labels).filter { $0.0 >= threshold }
        let group = zip(scores, labels).filter { $0.0 == threshold }.map(\.1).reduce(0, +)
        expected += group / all * kept.map(\.1).reduce(0, +) / Double(kept.count)
      }
      #expect(abs(PrecisionRecallCurve(scores: scores, labels: labels).area - expected) < 1e-12)
    }
  }

  @Test func cutsWhereTheTargetIsReached() throws {
    let curve = PrecisionRecallCurve(scores: [0.9, 0.8, 0.8, 0.5, 0.1], labels: [1, 0, 1, 1, 0])
    #expect(curve.point(recall: 0.5)?.threshold == 0.8)
    let all = try #require(curve.point(recall: 1))
    #expect(all.threshold == 0.5 && all.precision == 0.75)
    #expect(abs(all.removed - 0.2) < 1e-12)
    #expect(curve.point(precision: 0.7)?.threshold == 0.5)
    #expect(PrecisionRecallCurve(scores: [1], labels: [0]).point(recall: 0.5) == nil)
  }

  @Test func calibrationErrorIsZeroWhereProbabilitiesComeTrue() {
    let table = CalibrationTable(probabilities: [0.25, 0.25, 0.25, 0.25, 0.75, 0.75], labels: [1, 0, 0, 0, 1, 0.5])
    #expect(table.expectedError < 1e-12)
    #expect(abs(CalibrationTable(probabilities: [0.95, 0.95], labels: [0, 0]).expectedError - 0.95) < 1e-12)
  }
}

@Suite struct RelevanceSearchTests {
  /// From labels in a file to a shorter list of answers.
  @Test func filtersAnswersByAFittedModel() async throws {
    let scratch = try Scratch()
    let index = try TextIndex(named: "birds", in: DataDirectory(path: scratch.path), embedder: HashingEmbedder())
    let words = ["moon", "tide", "sea", "bread", "yeast", "dough", "bird", "wing", "nest"]
    var documents: [Document] = []
    for first in words { for second in words { documents.append(Document(id: "\(first) \(second)", text: "\(first) \(second) thing")) } }
    try await index.add(documents)
    var lines = ""
    for document in documents {
      let word = document.id.prefix { $0 != " " }
      lines += "{\"query\": \"\(word)\", \"document\": \"\(document.id)\"}\n"
    }
    let labels = try RelevanceLabelsFile(path: scratch.write("labels.jsonl", lines))
    #expect(labels.labels.count == 9 && !labels.areClicks)
    let examples = try await RelevanceExamples(labels.labels, from: index.searcher, candidates: 40)
    #expect(examples.count == 9 && examples.cosines.count == 360)
    let model = try RelevanceFitter(mapping: .linear).fit(
      holdingOut: 0.3, of: examples, embedder: HashingEmbedder().profile.digest, collection: "birds")
    let path = scratch.file("relevance.json")
    try model.write(to: path)
    let specification = PipelineSpecification(
      answering: .hybrid, in: index.collection.settings, relevance: .init(.modelFile(path, probability: nil)))
    let response = try await Pipeline(specification, searcher: index.searcher).search(Query("moon", limit: 50))
    #expect((9...20).contains(response.answers.count))
    #expect(response.answers.prefix(9).allSatisfy { $0.text.contains("moon") })
    for answer in response.answers {
      let probability = try #require(answer.contributions.first { $0.source == "relevance" })
      #expect(probability.score >= model.threshold)
    }
    #expect(response.explanation.stages.contains { $0.name == "relevance" })
  }

  @Test(arguments: [
    ("{\"query\": \"a\"}", "line 1"), ("{\"query\": \"a\", \"document\": \"b\", \"relevance\": 2}", "line 1"),
    ("{\"query\": \"a\", \"document\": \"b\", \"clicks\": 5, \"impressions\": 2}", "line 1"), ("", "no labels"),
    ("{\"query\": \"a\", \"document\": \"b\"}\n{\"query\": \"a\", \"document\": \"c\", \"clicks\": 1, \"impressions\": 2}", "one kind"),
  ])
  func saysWhichLabelIsWrong(text: String, word: String) throws {
    let scratch = try Scratch()
    let path = try scratch.write("labels.jsonl", text)
    let error = #expect(throws: RelevanceError.self) { try RelevanceLabelsFile(path: path) }
    #expect(error?.description.contains(word) == true, "\(error?.description ?? "")")
  }

  @Test func clicksAddUp() throws {
    let scratch = try Scratch()
    let line = "{\"query\": \"a\", \"document\": \"b\", \"clicks\": 1, \"impressions\": 4}\n"
    let file = try RelevanceLabelsFile(path: scratch.write("clicks.jsonl", line + line.replacingOccurrences(of: ": 1,", with: ": 3,")))
    #expect(file.areClicks)
    #expect(file.labels == [RelevanceLabels(text: "a", documents: ["b": 0.5])])
  }
}
