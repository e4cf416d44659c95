public import NeedletailCore
public import NeedletailNumerics

/// Compares all methods on one collection at several budgets: what is still found, what is stored, how long it takes.
///
/// H. Zhang et al., "Experimental analysis of large-scale learnable vector storage compression", VLDB 2024, the part on
/// finished vectors. Quality is the fraction of the ten nearest rows that are still found by comparing with decoded rows.
public struct CompressionStudy: Codable, Sendable {
  public var rowCount: Int
  public var dimension: Int
  public var queryCount: Int
  /// Bytes of the vectors as 32-bit floats.
  public var originalBytes: Int
  public var results: [Result]

  /// One method at one budget.
  public struct Result: Codable, Sendable {
    public var method: CompressionMethod
    /// The budget as a fraction of the original bytes.
    public var budget: Double
    /// Nil, as everything below, if the method cannot go that low.
    public var bytes: Int?
    /// Bytes by what they are for.
    public var storage: [StoredPart]
    public var recall: Double?
    /// The mean squared error as a fraction of the mean squared length.
    public var distortion: Double?
    public var compressSeconds: Double?
    /// Decoding all rows.
    public var decodeSeconds: Double?
  }

  /// Runs the comparison.
  ///
  /// - Parameters:
  ///   - vectors: the rows, one each.
  ///   - queries: what is searched for; if nil, some of the rows, which then do not count as found themselves.
  ///   - similarity: by which neighbours are near.
  ///   - budgets: fractions of the original bytes.
  ///   - methods: what is compared.
  ///   - seed: of all that is drawn at random.
  ///   - pool: the threads to work with; the result does not depend on how many there are.
  ///   - progress: hears what is measured next.
  /// - Throws: `invalidParameter` for fewer than 20 rows or a budget that is not between 0 and 1.
  public init(
    of vectors: DenseVectors, queries: DenseVectors? = nil, similarity: Similarity = .cosine, budgets: [Double],
    methods: [CompressionMethod] = CompressionMethod.allCases, seed: UInt64 = 42, pool: WorkerPool = .shared,
    progress: (_ title: String, _ budget: Double) -> Void = { _, _ in }
  ) throws(IndexError) {
    guard vectors.count >= 20 else { throw .invalidParameter("a study needs 20 vectors or more, these are \(vectors.count)") }
    guard budgets.allSatisfy({ $0 > 0 && $0 <= 1 }) else {
      throw .invalidParameter("budgets are fractions of the original size, more than 0 and at most 1")
    }
    rowCount = vectors.count
    dimension = vectors.dimension
    originalBytes = 4 * vectors.values.count
    let judge = try Judge(vectors, queries, similarity)
    queryCount = judge.queries.count
    results = []
    let clock = ContinuousClock()
    for budget in budgets {
      for method in methods {
        progress(method.title, budget)
        let start = clock.now
        let budgetBytes = Int(budget * Double(originalBytes))
        guard let compressed = try method.compress(vectors, budgetBytes: budgetBytes, seed: seed, pool: pool) else {
          results.append(Result(method: method, budget: budget, storage: []))
          continue
        }
        let middle = clock.now
        let decoded = compressed.decoded()
        let end = clock.now
        results.append(Result(
          method: method, budget: budget, bytes: compressed.byteCount, storage: compressed.storage,
          recall: try judge.recall(of: decoded), distortion: judge.distortion(of: decoded),
          compressSeconds: (middle - start) / .seconds(1), decodeSeconds: (end - middle) / .seconds(1)))
      }
    }
  }

  /// Knows the true neighbours.
  private struct Judge {
    let vectors: DenseVectors
    let queries: DenseVectors
    let similarity: Similarity
    private let truth: [[Row]]
    /// The row that each query is, if it is one.
    private let own: [Row]?
    private static let depth = 10

    init(_ vectors: DenseVectors, _ queries: DenseVectors?, _ similarity: Similarity) throws(IndexError) {
      self.vectors = vectors
      self.similarity = similarity
      if let queries {
        self.queries = queries
        own = nil
      } else {
        let rows = stride(from: 0, to: vectors.count, by: max(1, vectors.count / 300)).map { Row($0) }
        own = rows
        self.queries = DenseVectors(dimension: vectors.dimension, values: rows.flatMap { vectors[Int($0)] })
      }
      truth = try Self.neighbours(in: vectors, of: self.queries, own, similarity)
    }

    private static func neighbours(
      in rows: DenseVectors, of queries: DenseVectors, _ own: [Row]?, _ similarity: Similarity
    ) throws(IndexError) -> [[Row]] {
      let index = try DenseIndexFactory.build(
        rows, similarity: similarity, specification: DenseIndexSpecification(layout: .flat, codec: .float32))
      let answers = try index.search(queries, SearchOptions(limit: depth + 1))
      return answers.enumerated().map { number, answer in
        Array(answer.map(\.row).filter { $0 != own?[number] }.prefix(depth))
      }
    }

    func recall(of decoded: DenseVectors) throws(IndexError) -> Double {
      let found = try Self.neighbours(in: decoded, of: queries, own, similarity)
      let hits = zip(found, truth).reduce(0) { sum, pair in sum + Set(pair.0).intersection(pair.1).count }
      return Double(hits) / Double(max(1, truth.reduce(0) { $0 + $1.count }))
    }

    func distortion(of decoded: DenseVectors) -> Double {
      var (error, length) = (0.0, 0.0)
      for (value, approximation) in zip(vectors.values, decoded.values) {
        error += Double(value - approximation) * Double(value - approximation)
        length += Double(value) * Double(value)
      }
      return length > 0 ? error / length : 0
    }
  }
}

// MARK: - Advice

extension CompressionStudy {
  /// What to take for a use.
  public struct Advice: Codable, Sendable {
    public var use: String
    public var method: CompressionMethod
    public var budget: Double
    public var bytes: Int
    public var recall: Double
    public var reason: String
  }

  /// Recommendations by use, read off the results.
  public var advice: [Advice] {
    var advice: [Advice] = []
    func add(_ use: String, _ result: Result?, _ reason: String) {
      guard let result, let bytes = result.bytes, let recall = result.recall else { return }
      advice.append(Advice(use: use, method: result.method, budget: result.budget, bytes: bytes, recall: recall, reason: reason))
    }
    let feasible = results.filter { $0.bytes != nil }
    add("nearly lossless", feasible.filter { ($0.recall ?? 0) >= 0.98 }.min { ($0.bytes ?? 0) < ($1.bytes ?? 0) }, "the fewest bytes at recall 0.98")
    add("with re-ranking by the vectors on disk", feasible.filter { ($0.recall ?? 0) >= 0.7 }.min { ($0.bytes ?? 0) < ($1.bytes ?? 0) }, "the fewest bytes at recall 0.70")
    for budget in Set(results.map(\.budget)).sorted(by: >) {
      let here = feasible.filter { $0.budget == budget }
      let best = here.max { ($0.recall ?? 0) < ($1.recall ?? 0) }
      add("\(Self.percent(budget)) of the memory", best, "the highest recall")
      let quick = here.filter { ($0.recall ?? 0) >= (best?.recall ?? 0) - 0.01 }.min { ($0.compressSeconds ?? 0) < ($1.compressSeconds ?? 0) }
      if let quick, quick.method != best?.method {
        add("\(Self.percent(budget)), often rebuilt", quick, "the shortest time within 0.01 of it")
      }
    }
    return advice
  }

  private static func percent(_ fraction: Double) -> String {
    let tenths = Int((fraction * 1000).rounded())
    return tenths.isMultiple(of: 10) ? "\(tenths / 10)%" : "\(tenths / 10).\(tenths % 10)%"
  }
}
