internal import Foundation
internal import NeedletailNumerics

/// What one thread needs to train or to ask a `SenseNetwork`, step by step: `gather`, `classify`, a choice, `mix`, `predict`, `passBack`.
struct SenseWorkspace {
  /// The words of a text.
  var kept: [Int32] = []
  /// What the classifier says of each sense.
  private(set) var logits: [Float]
  /// How much of each sense is meant.
  var weights: [Float]
  /// The words around.
  private(set) var context: [Int32] = []

  private let noise: NoiseDistribution
  private let dimension: Int
  private let classification: RowPrediction
  private let mixture: RowPrediction
  private let prediction: RowPrediction
  private let surroundings: ParameterRows
  private let hidden: ParameterRows
  private let errors: ParameterRows
  private let zero: [Int32] = [0]
  private var classifierRows: [Int32]
  private var senseRows: [Int32]
  private var targets: [Int32] = []
  /// How often each of the first targets occurs around.
  private var multiplicities: [Float] = []
  private var weightErrors: [Float]
  private var logitErrors: [Float]

  init(_ network: SenseNetwork, _ training: ShallowTraining, _ noise: NoiseDistribution) {
    let senses = network.senseCount
    self.noise = noise
    dimension = network.outputs.dimension - 1
    classification = RowPrediction(inputCapacity: 1, outputCapacity: senses)
    mixture = RowPrediction(inputCapacity: 1, outputCapacity: senses)
    prediction = RowPrediction(inputCapacity: 1, outputCapacity: 2 * training.window + training.negatives)
    surroundings = ParameterRows(count: 1, dimension: dimension + 1)
    hidden = ParameterRows(count: 1, dimension: dimension + 1)
    errors = ParameterRows(count: 1, dimension: dimension + 1)
    logits = [Float](repeating: 0, count: senses)
    weights = logits
    weightErrors = logits
    logitErrors = logits
    classifierRows = [Int32](repeating: 0, count: senses)
    senseRows = classifierRows
  }

  /// Sets `context` to the words within the window; false if there are none.
  mutating func gather(around position: Int, _ window: Int) -> Bool {
    context.removeAll(keepingCapacity: true)
    for neighbour in max(0, position - window)..<min(kept.count, position + window + 1) where neighbour != position {
      context.append(kept[neighbour])
    }
    return !context.isEmpty
  }

  /// Sets `context` to given words, those nearest to the word that is asked for being anywhere.
  mutating func setContext(_ words: [Int32]) { context = words }

  /// Sets `logits` to what the classifier of a word, or the shared one, makes of the words around.
  mutating func classify(_ word: Int32, _ stage: SenseTrainer.Stage, _ network: SenseNetwork) {
    classification.average(network.outputs, context.span, into: surroundings)
    let bias = dimension
    surroundings.changeRow(0) { $0[bias] = 1 }
    let first = stage == .own ? Int(word) * network.senseCount : network.outputs.count * network.senseCount
    for sense in 0..<network.senseCount { classifierRows[sense] = Int32(first + sense) }
    classification.score(surroundings, zero.span, network.classifiers, classifierRows.span)
    for sense in 0..<network.senseCount { logits[sense] = classification.withScores(ofInput: 0) { $0[sense] } }
  }

  /// Sets the hidden row to the mixture of the word's senses by `weights`.
  mutating func mix(_ word: Int32, _ network: SenseNetwork) {
    hidden.clear(0)
    for sense in 0..<network.senseCount {
      senseRows[sense] = word * Int32(network.senseCount) + Int32(sense)
      mixture.add(network.senses, row: Int(senseRows[sense]), times: weights[sense], to: hidden, row: 0)
    }
    let bias = dimension
    hidden.changeRow(0) { $0[bias] = 1 }
  }

  /// One step of sampled softmax from the hidden row to each word around (Jean, Cho, Memisevic and Bengio, ACL 2015): changes the
  /// output rows, and leaves the error of the hidden row in `errors`.
  mutating func predict(_ network: SenseNetwork, counterExamples: Int, rate: Float, _ generator: inout SeededGenerator) {
    setTargets(counterExamples, &generator)
    prediction.score(hidden, zero.span, network.outputs, targets.span)
    prediction.withScores(ofInput: 0) { scores in
      let positives = multiplicities.count
      var largest = -Float.infinity
      for index in targets.indices {
        scores[index] -= noise.logProbabilities[Int(targets[index])]
        largest = max(largest, scores[index])
      }
      var others: Float = 0
      for index in targets.indices {
        scores[index] = exp(scores[index] - largest)
        if index >= positives { others += scores[index] }
      }
      var shares: Float = 0
      for index in 0..<positives {
        let share = multiplicities[index] / (scores[index] + others)
        shares += share
        scores[index] = rate * (multiplicities[index] - share * scores[index])
      }
      for index in positives..<targets.count { scores[index] *= -rate * shares }
    }
    prediction.collectErrors(into: errors)
    prediction.correctOutputs()
    let bias = dimension
    errors.changeRow(0) { $0[bias] = 0 }
  }

  private mutating func setTargets(_ counterExamples: Int, _ generator: inout SeededGenerator) {
    targets.removeAll(keepingCapacity: true)
    multiplicities.removeAll(keepingCapacity: true)
    for word in context {
      if let known = targets.firstIndex(of: word) {
        multiplicities[known] += 1
      } else {
        targets.append(word)
        multiplicities.append(1)
      }
    }
    for _ in 0..<counterExamples {
      let drawn = noise.draw(&generator)
      if !targets.contains(drawn) { targets.append(drawn) }
    }
  }

  /// Passes the error of the hidden row on to the word's senses and to the classifier that was asked.
  mutating func passBack(_ word: Int32, _ network: SenseNetwork, temperature: Float, entropyScale: Float) {
    mixture.score(errors, zero.span, network.senses, senseRows.span)
    for sense in weights.indices { weightErrors[sense] = mixture.withScores(ofInput: 0) { $0[sense] } }
    SenseSelection.backward(weightErrors, weights: weights, temperature: temperature, into: &logitErrors)
    if entropyScale > 0 {
      SenseSelection.addEntropyGradient(weights: weights, scale: entropyScale * Float(context.count), to: &logitErrors)
    }
    for sense in weights.indices {
      mixture.add(errors, row: 0, times: weights[sense], to: network.senses, row: Int(senseRows[sense]))
      mixture.add(surroundings, row: 0, times: logitErrors[sense], to: network.classifiers, row: Int(classifierRows[sense]))
    }
  }
}
