internal import Foundation
internal import NeedletailCore
internal import NeedletailEvaluation
internal import NeedletailModels
internal import NeedletailNumerics

/// The half about binary codes: newsgroup posts are found by the Hamming distance of codes, a post being relevant if it is of the same group
/// (Binary Paragraph Vectors, section 3). Queries are posts that were not learned from; ties count as the mean of all orders.
struct LearnedCodes {
  struct Parameters: Decodable, Sendable {
    /// Every how many-th post is learned from, and asked with.
    var documentStride: Int
    var queryStride: Int
    /// Lengths of codes.
    var bits: [Int]
    /// The length at which codes are compared with rounding afterwards.
    var comparedBits: Int
    var epochs: Int
    /// Of the code and the real vector that are learned together.
    var filterBits: Int
    var realDimension: Int
  }

  private let parameters: Parameters
  private let documents: [LabelledText]
  private let queries: [LabelledText]
  private let corpus: WordCorpus

  init(_ parameters: Parameters, in laboratory: Laboratory) throws {
    self.parameters = parameters
    let folder = try laboratory.data("topics-20newsgroups")
    func read(_ name: String, every step: Int) throws -> [LabelledText] {
      let all = try RecordFile.readLabelledTexts(path: "\(folder)/\(name).jsonl.gz")
      return stride(from: 0, to: all.count, by: max(1, step)).map { all[$0] }
    }
    documents = try read("train", every: parameters.documentStride)
    queries = try read("test", every: parameters.queryStride)
    corpus = WordCorpus(documents.map(\.text), minimumCount: 5)
  }

  func measure(seed: UInt64, into sums: inout FigureMeans) async throws {
    for bits in parameters.bits {
      let model = try learn(bits: bits, real: nil, seed: seed)
      let codes = model.codes(of: model.learnedTexts)
      let asked = model.codes(of: try await model.inferAll(queries.map(\.text)))
      sums.add("MAP, \(bits) learned bits", quality(asked, codes).averagePrecision)
      sums.add("nDCG@10, \(bits) learned bits", quality(asked, codes).nDCG)
      guard bits == parameters.comparedBits else { continue }
      sums.add("least used bit, \(bits) learned bits", (0..<bits).map { bit in
        let share = Double((0..<codes.count).filter { codes.bit(bit, of: $0) }.count) / Double(codes.count)
        return min(share, 1 - share)
      }.min() ?? 0)
      sums.add("bits found again by inference", try await agreement(model, codes))
      try await measureRounding(bits: bits, seed: seed, into: &sums)
    }
    try await measureShortList(seed: seed, into: &sums)
  }

  func addEffects(of sums: FigureMeans, to findings: inout Findings) {
    let bits = parameters.comparedBits
    findings.record(
      effect: "MAP gained over rounding afterwards",
      sums.mean("MAP, \(bits) learned bits") - sums.mean("MAP, \(bits) bits, signs afterwards"))
    findings.record(
      effect: "MAP gained over rounding at the median afterwards",
      sums.mean("MAP, \(bits) learned bits") - sums.mean("MAP, \(bits) bits, medians afterwards"))
    if let fewest = parameters.bits.min(), let most = parameters.bits.max() {
      findings.record(
        effect: "MAP gained by more bits", sums.mean("MAP, \(most) learned bits") - sums.mean("MAP, \(fewest) learned bits"))
    }
    findings.record(
      effect: "nDCG@10 kept by the short list", sums.mean("nDCG@10, short list") / max(1e-9, sums.mean("nDCG@10, real vectors")))
    findings.notes.append("Codes: \(documents.count) posts, \(queries.count) questions, \(corpus.vocabulary.count) words.")
  }

  // MARK: - Parts

  private func learn(bits: Int, real: Int?, seed: UInt64) throws -> BinaryParagraphVectors {
    var training = ShallowTraining.recommended(for: .binaryCodes)
    training.epochs = parameters.epochs
    training.seed = seed
    var options = BinaryCodeOptions()
    options.bits = bits
    options.realDimension = real
    if real != nil {
      // the projection is shared by all texts, and would be torn apart by the large steps that codes alone learn with
      options.codeRate = 8
      training.rate = ShallowTraining().rate
    }
    return try BinaryParagraphVectors.learn(from: corpus, options: options, training: training)
  }

  private func agreement(_ model: BinaryParagraphVectors, _ codes: HammingCodes) async throws -> Double {
    let count = min(300, documents.count)
    let again = model.codes(of: try await model.inferAll(documents.prefix(count).map(\.text)))
    let same = (0..<count).reduce(0) { sum, row in
      sum + (0..<codes.bitCount).filter { again.bit($0, of: row) == codes.bit($0, of: row) }.count
    }
    return Double(same) / Double(count * codes.bitCount)
  }

  /// Paragraph vectors of the same objective and length, made into bits after training: by sign, and by the median of each component.
  private func measureRounding(bits: Int, seed: UInt64, into sums: inout FigureMeans) async throws {
    var training = ShallowTraining.recommended(for: .binaryCodes)
    // Of the same settings but for the step size: the smaller one is needed for bits.
    training.rate = ShallowTraining().rate
    training.epochs = parameters.epochs
    training.dimension = bits
    training.seed = seed
    let model = try ParagraphVectors.learn(from: corpus, objective: .bagOfWords, training: training)
    let learned = model.learnedTexts
    let asked = try await model.encode(queries.map(\.text), as: .query)
    sums.add("MAP, \(bits) bits, signs afterwards", quality(HammingCodes(signsOf: asked), HammingCodes(signsOf: learned)).averagePrecision)
    let medians = (0..<bits).map { component in
      (0..<learned.count).map { learned.values[$0 * bits + component] }.sorted()[learned.count / 2]
    }
    func centred(_ vectors: DenseVectors) -> HammingCodes {
      HammingCodes(signsOf: DenseVectors(
        dimension: bits, values: vectors.values.indices.map { vectors.values[$0] - medians[$0 % bits] }))
    }
    sums.add("MAP, \(bits) bits, medians afterwards", quality(centred(asked), centred(learned)).averagePrecision)
  }

  /// A code filters, the real vector learned with it orders what is left.
  private func measureShortList(seed: UInt64, into sums: inout FigureMeans) async throws {
    let model = try learn(bits: parameters.filterBits, real: parameters.realDimension, seed: seed)
    let codes = model.codes(of: model.learnedTexts)
    let vectors = try await model.inferAll(queries.map(\.text))
    let asked = model.codes(of: vectors)
    let units = DenseVectors(
      dimension: model.learnedTexts.dimension, values: (0..<documents.count).flatMap { unit(Array(model.learnedTexts[$0])) })
    let listLength = documents.count / 100
    var scanned = 0
    for query in queries.indices {
      let distances = asked.distances(from: query, to: codes)
      let radius = distances.sorted()[min(documents.count - 1, listLength)]
      // All at the radius that would fill one percent, unless that is more than five: then one bit less.
      var list = documents.indices.filter { distances[$0] <= radius }
      if list.count > documents.count / 20 { list = documents.indices.filter { distances[$0] < radius } }
      scanned += list.count
      let question = unit(Array(vectors[query]))
      let scores = DistanceKernels.current.dot(question.span, rows: units.values.span)
      sums.add("nDCG@10, short list", nDCG(of: list, by: scores, query))
      sums.add("nDCG@10, real vectors", nDCG(of: Array(documents.indices), by: scores, query))
    }
    sums.add("share of posts on the short list", Double(scanned) / Double(queries.count * documents.count))
  }

  private func unit(_ vector: [Float]) -> [Float] {
    let length = vector.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
    return length > 0 ? vector.map { $0 / length } : vector
  }

  /// nDCG@10 of rows by score; what is not in the list counts as not found.
  private func nDCG(of rows: [Int], by scores: [Float], _ query: Int) -> Double {
    let relevant = documents.filter { $0.label == queries[query].label }.count
    var best = TopK(capacity: 10)
    for row in rows { best.insert(row: UInt32(row), score: scores[row]) }
    var groups = best.ranked.map { TiedRanking.Group(count: 1, relevant: documents[Int($0.row)].label == queries[query].label ? 1 : 0) }
    let found = groups.reduce(0) { $0 + $1.relevant }
    // The rest stands beyond the cut-off, for the ideal to be known.
    groups += [TiedRanking.Group](repeating: .init(count: 1, relevant: 0), count: 10 - groups.count)
    groups.append(.init(count: max(1, relevant - found), relevant: relevant - found))
    return TiedRanking(groups: groups).nDCG(at: 10)
  }

  private func quality(_ asked: HammingCodes, _ codes: HammingCodes) -> (averagePrecision: Double, nDCG: Double) {
    var (precision, gain) = (0.0, 0.0)
    for query in queries.indices {
      var groups = [TiedRanking.Group](repeating: .init(count: 0, relevant: 0), count: codes.bitCount + 1)
      for (row, distance) in asked.distances(from: query, to: codes).enumerated() {
        groups[distance].count += 1
        if documents[row].label == queries[query].label { groups[distance].relevant += 1 }
      }
      let ranking = TiedRanking(groups: groups)
      precision += ranking.averagePrecision
      gain += ranking.nDCG(at: 10)
    }
    return (precision / Double(max(1, queries.count)), gain / Double(max(1, queries.count)))
  }
}
