internal import NeedletailIndex

/// A kind of index that tuning builds and searches.
struct TuningCandidate {
  let name: String
  let specification: DenseIndexSpecification
  /// Options of `needletail vectors build`.
  let buildOptions: String

  /// What one search may spend.
  struct Effort {
    var ef: Int?
    var probes: Int?
  }

  /// The kinds worth trying, from the fastest with all vectors in memory to the smallest.
  static func all(dimension: Int, seed: UInt64) -> [TuningCandidate] {
    let quarters = max(1, dimension / 4 * 2)
    func graph(_ degree: Int, _ codec: VectorCodecKind) -> DenseIndexSpecification {
      DenseIndexSpecification(layout: .graph, codec: codec, graph: GraphParameters(degree: degree, seed: seed))
    }
    func lists(_ codes: CodecSpecification, keepsVectors: Bool) -> DenseIndexSpecification {
      DenseIndexSpecification(
        layout: .inverted, codec: .int8, codes: codes, lists: ListParameters(seed: seed), keepsVectors: keepsVectors)
    }
    let product = CodecSpecification.product(parts: quarters, bits: 4, isRotated: true)
    let fine = CodecSpecification.locallyAdaptive(bits: 8, residualBits: 0)
    return [
      TuningCandidate(
        name: "flat int8", specification: DenseIndexSpecification(layout: .flat, codec: .int8), buildOptions: "--layout flat --codec int8"),
      TuningCandidate(name: "graph int8", specification: graph(32, .int8), buildOptions: "--layout graph --codec int8 --degree 32"),
      TuningCandidate(name: "graph int8, thin", specification: graph(16, .int8), buildOptions: "--layout graph --codec int8 --degree 16"),
      TuningCandidate(name: "graph f16", specification: graph(32, .float16), buildOptions: "--layout graph --codec f16 --degree 32"),
      TuningCandidate(
        name: "lists \(product)", specification: lists(product, keepsVectors: true), buildOptions: "--layout ivf --codec \(product)"),
      TuningCandidate(
        name: "lists \(fine), codes only", specification: lists(fine, keepsVectors: false),
        buildOptions: "--layout ivf --codec \(fine) --drop-vectors"),
      TuningCandidate(
        name: "lists \(product), codes only", specification: lists(product, keepsVectors: false),
        buildOptions: "--layout ivf --codec \(product) --drop-vectors"),
      TuningCandidate(
        name: "disk", specification: DenseIndexSpecification(layout: .disk, graph: GraphParameters(seed: seed)),
        buildOptions: "--layout disk"),
    ]
  }

  /// Efforts from the least to the most.
  func efforts(limit: Int, _ index: any SearchIndex) -> [Effort] {
    switch specification.layout {
    case .flat, .automatic: return [Effort()]
    case .graph, .disk: return [1, 2, 4, 8, 16, 32, 64].map { Effort(ef: max(limit, 10) * $0) }
    case .inverted:
      let count = (index as? IVFIndex)?.listCount ?? 1
      let probes = [1, 2, 4, 8, 16, 32, 64, 128, 256].filter { $0 < count } + [count]
      return probes.map { Effort(ef: specification.keepsVectors ? max(100, 10 * limit) : nil, probes: $0) }
    }
  }

  /// Bytes that do not grow with the rows.
  func sharedBytes(of index: any SearchIndex) -> Int {
    (index as? IVFIndex)?.codec.sharedBytes ?? (index as? DiskIndex)?.codec.sharedBytes ?? 0
  }

  /// How many times longer a search is expected to take over so many times the rows.
  func slowdown(_ scale: Double) -> Double {
    switch specification.layout {
    case .flat, .automatic: max(1, scale)
    case .inverted: max(1, scale).squareRoot()
    case .graph, .disk: 1
    }
  }
}
