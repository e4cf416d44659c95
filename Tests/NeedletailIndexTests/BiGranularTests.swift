import Foundation
import NeedletailCore
import NeedletailIndex
import NeedletailNumerics
import Testing

@Suite struct BiGranularTests {
  /// Documents whose first eight components say what they are about and whose others, larger, do not; queries know only the
  /// first. What ranks well is not what reconstructs well.
  private static func examples(_ count: Int, seed: UInt64 = 1) -> BiGranularTraining.Examples {
    let dimension = 24
    var generator = SeededGenerator(seed: seed)
    let (documents, noise) = (
      IndexSamples.clustered(count, dimension: 8, clusters: 60, seed: seed), IndexSamples.clustered(count, dimension: 16, seed: seed + 1)
    )
    let other = IndexSamples.clustered(count, dimension: 16, seed: seed + 2)
    func rows(_ rest: DenseVectors, _ blur: Float) -> DenseVectors {
      DenseVectors(
        dimension: dimension,
        values: (0..<count).flatMap { row in
          documents[row].map { $0 + blur * Float.random(in: -1...1, using: &generator) } + rest[row].map { 1.5 * $0 }
        })
    }
    return BiGranularTraining.Examples(queries: rows(other, 0.2), documents: rows(noise, 0), positives: Array(0..<count))
  }

  private static func recall(_ examples: BiGranularTraining.Examples, _ codec: any VectorCodec) throws -> Double {
    let index = try DenseIndexFactory.build(
      examples.documents, similarity: .cosine, specification: DenseIndexSpecification(layout: .flat, keepsVectors: false),
      codec: codec)
    let answers = try index.search(examples.queries, SearchOptions(limit: 10, efSearch: 10))
    return Double(zip(answers, examples.positives).count { answer, row in answer.contains { Int($0.row) == row } })
      / Double(examples.positives.count)
  }

  @Test func codesTrainedForWhatTheyFindBeatThoseForWhatTheyKeep() throws {
    let examples = Self.examples(600)
    let training = BiGranularTraining(parts: 6, epochCount: 12, batchSize: 64, learningRate: 2e-3)
    let trained = try training.codec(from: examples)
    let plain = try CodecTraining.codec(.product(parts: 6, bits: 8, isRotated: true), for: examples.documents)
    let (better, worse) = (try Self.recall(examples, trained), try Self.recall(examples, plain))
    #expect(better > worse + 0.1, "\(better) against \(worse)")
  }

  @Test func codesKeepThePromisesOfCodecs() throws {
    let examples = Self.examples(300)
    let codec = try BiGranularTraining(parts: 6, epochCount: 1, batchSize: 64).codec(from: examples)
    let conformance = VectorCodecConformance(vectors: examples.documents, queries: examples.queries)
    #expect(conformance.violations(of: codec, maximumDistortion: nil) == [])
    // Of the tables: the score is the product of the projected query and what the code stands for.
    let codes = codec.encode(examples.documents)
    let (decoded, image) = (codec.decode(codes), codec.image(of: Array(examples.queries[3])))
    for (row, score) in codec.scores(of: Array(examples.queries[3]), codes: codes).enumerated() {
      #expect(abs(score - zip(image, decoded[row]).reduce(0) { $0 + $1.0 * $1.1 }) < 1e-4)
    }
  }

  @Test func filesKeepCodecAndVerifier() throws {
    let examples = Self.examples(200)
    let training = BiGranularTraining(parts: 5, bits: 4, epochCount: 1, batchSize: 64, candidateRanks: 0..<20)
    let codec = try training.codec(from: examples)
    let verifier = try training.verifier(from: examples, candidatesOf: codec)
    try TemporaryFile.use { path in
      try CodecFile.write(codec, verifier: verifier, to: path)
      #expect(try CodecFile.read(path).encode(examples.documents) == codec.encode(examples.documents))
      #expect(try CodecFile.readVerifier(path)?.applied(to: examples.queries) == verifier.applied(to: examples.queries))
      try CodecFile.write(codec, to: path)
      #expect(try CodecFile.readVerifier(path) == nil)
    }
    let index = try DenseIndexFactory.build(
      examples.documents, similarity: .cosine, specification: DenseIndexSpecification(layout: .disk), codec: codec,
      verifier: verifier)
    try TemporaryFile.use { path in
      try DenseIndexFactory.write(index, to: path)
      let (opened, options) = (try DenseIndexFactory.open(path), SearchOptions(limit: 5, efSearch: 20))
      #expect(try opened.search(examples.queries, options) == index.search(examples.queries, options))
    }
  }

  /// Dossier check 2: what passes through the choice is the gradient of the soft mixture.
  @Test func gradientsAreThoseOfTheSoftMixture() {
    let (parts, width, clusters, sharpness) = (2, 3, 4, Float(1.5))
    var generator = SeededGenerator(seed: 2)
    func drawn(_ count: Int) -> [Float] { (0..<count).map { _ in Float.random(in: -1...1, using: &generator) } }
    let (rows, arriving, books) = (drawn(2 * parts * width), drawn(2 * parts * width), drawn(parts * width * clusters))
    let quantizer = SoftQuantizer(parts: parts, width: width, clusters: clusters, sharpness: sharpness, codebooks: books)
    let choices = quantizer.quantised(rows, pool: .shared).choices
    let found = quantizer.backward(arriving, rows: rows, choices: choices, pool: .shared)

    /// `Σ g · Σ_k p_k c_k`; with `fixed`, the mixed vectors stay what they are and only the weights move.
    func mixture(_ rows: [Double], _ books: [Double], _ mixed: [Double]) -> Double {
      var sum = 0.0
      for row in 0..<2 {
        for part in 0..<parts {
          let place = (row * parts + part) * width
          func centroid(_ values: [Double], _ cluster: Int, _ index: Int) -> Double { values[(part * width + index) * clusters + cluster] }
          let weights = (0..<clusters).map { cluster in
            exp(-Double(sharpness) * (0..<width).reduce(0) {
              let difference = rows[place + $1] - centroid(books, cluster, $1)
              return $0 + difference * difference
            })
          }
          let total = weights.reduce(0, +)
          for index in 0..<width {
            for cluster in 0..<clusters {
              sum += Double(arriving[place + index]) * weights[cluster] / total * centroid(mixed, cluster, index)
            }
          }
        }
      }
      return sum
    }
    let (exactRows, exactBooks) = (rows.map(Double.init), books.map(Double.init))
    func slope(_ change: (Double) -> Double) -> Double { (change(1e-5) - change(-1e-5)) / 2e-5 }
    for index in rows.indices {
      let expected = slope { step in
        var moved = exactRows
        moved[index] += step
        return mixture(moved, exactBooks, exactBooks)
      }
      #expect(abs(expected - Double(found.rows[index])) < 1e-4)
    }
    for index in books.indices {
      let throughWeights = slope { step in
        var moved = exactBooks
        moved[index] += step
        return mixture(exactRows, moved, exactBooks)
      }
      // Going forward the choice alone is taken, so the learned vectors get the gradient of what was chosen.
      let (part, component, cluster) = (index / clusters / width, index / clusters % width, index % clusters)
      let chosen = (0..<2).reduce(0.0) { sum, row in
        Int(choices[row * parts + part]) == cluster ? sum + Double(arriving[(row * parts + part) * width + component]) : sum
      }
      #expect(abs(throughWeights + chosen - Double(found.codebooks[index])) < 1e-4)
    }
  }

  @Test func theContrastHasTheGradientItClaims() {
    let dimension = 6
    var queries = IndexSamples.clustered(5, dimension: dimension, seed: 1).values
    var documents = IndexSamples.clustered(10, dimension: dimension, seed: 2).values
    UnitRows.normalise(&queries, dimension: dimension)
    UnitRows.normalise(&documents, dimension: dimension)
    // One negative is another query's document, one is of a query's own group.
    let contrast = InBatchContrast(
      temperature: 0.5, rows: [0, 1, 2, 3, 4, 1, 7, 8, 9, 5], groups: [0, 1, 2, 3, 4], documentGroups: [0, 1, 2, 3, 4, 1, 2, 8, 9, 5])
    let result = contrast.loss(queries, documents, dimension: dimension, pool: .shared)
    func value(_ queries: [Float], _ documents: [Float]) -> Double {
      contrast.loss(queries, documents, dimension: dimension, pool: .shared).loss
    }
    for index in documents.indices {
      var (above, below) = (documents, documents)
      above[index] += 1e-2
      below[index] -= 1e-2
      let slope = (value(queries, above) - value(queries, below)) / 2e-2
      #expect(abs(slope - Double(result.documentGradient[index])) < 1e-3)
    }
    for index in queries.indices {
      var (above, below) = (queries, queries)
      above[index] += 1e-2
      below[index] -= 1e-2
      let slope = (value(above, documents) - value(below, documents)) / 2e-2
      #expect(abs(slope - Double(result.queryGradient[index])) < 1e-3)
    }
  }

  @Test(arguments: NeighbourhoodBatches.Order.allCases)
  func everyQueryComesOnceWithANegativeOfItsOwn(_ order: NeighbourhoodBatches.Order) {
    // Queries on a line; each has the documents of those around it for candidates.
    let candidates = (0..<500).map { query in (query - 10...query + 10).filter { (0..<500).contains($0) && $0 != query } }
    let sampler = NeighbourhoodBatches(candidates: candidates, documentCount: 500, batchSize: 32)
    let batches = sampler.batches(order, seed: 5)
    #expect(batches.dropLast().allSatisfy { $0.count == 32 })
    #expect(batches.joined().map(\.query).sorted() == Array(0..<500))
    if order != .random {
      #expect(batches.joined().allSatisfy { candidates[$0.query].contains($0.negative) })
    }
    #expect(sampler.batches(order, seed: 5) == batches)
    #expect(sampler.batches(order, seed: 6) != batches)
  }

  /// Dossier check 5: ten times as many candidates of a query in a batch as by chance.
  @Test func neighbourhoodBatchesAreFullOfCandidates() {
    let candidates = (0..<2_000).map { query in (query - 10...query + 10).filter { (0..<2_000).contains($0) && $0 != query } }
    let sampler = NeighbourhoodBatches(candidates: candidates, documentCount: 2_000, batchSize: 32)
    func share(_ order: NeighbourhoodBatches.Order) -> Double {
      var (inside, seen) = (0, 0)
      for batch in sampler.batches(order, seed: 5) {
        for member in batch {
          inside += batch.count { candidates[member.query].contains($0.query) }
          seen += batch.count
        }
      }
      return Double(inside) / Double(seen)
    }
    for order in [NeighbourhoodBatches.Order.depthFirst, .breadthFirst] { #expect(share(order) > 10 * share(.random)) }
  }

  @Test func anyNumberOfThreadsLearnsTheSame() throws {
    let examples = Self.examples(150)
    let training = BiGranularTraining(parts: 4, bits: 4, epochCount: 2, batchSize: 50, candidateRanks: 0..<20)
    let learned = try [1, 3].map { threads in
      let pool = WorkerPool(threadCount: threads)
      let codec = try training.codec(from: examples, pool: pool)
      return (codec.encode(examples.documents), try training.verifier(from: examples, candidatesOf: codec, pool: pool).applied(to: examples.queries))
    }
    #expect(learned[0].0 == learned[1].0 && learned[0].1 == learned[1].1)
  }

  @Test func settingsThatDoNotFitAreRefused() {
    let examples = Self.examples(20)
    for training in [
      BiGranularTraining(parts: 0), BiGranularTraining(parts: 25), BiGranularTraining(parts: 4, bits: 5),
      BiGranularTraining(parts: 4, batchSize: 1), BiGranularTraining(parts: 4, temperature: 0),
      BiGranularTraining(parts: 4, candidateRanks: 3..<3),
    ] {
      #expect(throws: IndexError.self) { try training.codec(from: examples) }
    }
    var broken = examples
    broken.positives[2] = 20
    #expect(throws: IndexError.self) { try BiGranularTraining(parts: 4).codec(from: broken) }
    broken = examples
    broken.documents.values[5] = .infinity
    #expect(throws: IndexError.self) { try BiGranularTraining(parts: 4).codec(from: broken) }
  }
}
