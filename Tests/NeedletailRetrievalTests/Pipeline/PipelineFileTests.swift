import Foundation
import NeedletailRetrieval
import NeedletailStore
import Testing

@Suite struct PipelineFileTests {
  private static let whole = """
    // feedback on both sides
    {
      name: 'both',
      sources: [
        { kind: "dense", depth: 500, feedback: { method: "rocchio", beta: 0.7, alpha: 0.3, } },
        { kind: "lexical", name: "words", feedback: { terms: 5 }, fieldWeights: { title: 3, headings: 0.5 } },
        { kind: "pipeline", name: "inner", pipeline: { sources: [{ kind: "lexical" }] } },
      ],
      fusion: { method: "z-score", missing: "minimum", weights: { dense: 0.6, words: .4, inner: 0 } },
      interpolation: "before", answers: "words",
      rerank: [{ method: "vectors", depth: 20 }],
      relevance: { minimumScore: 0.25 },
    }
    """

  private func read(_ text: String) throws -> PipelineSpecification {
    let scratch = try Scratch()
    return try PipelineSpecification(file: scratch.write("pipeline.json5", text))
  }

  @Test func readsEveryPart() throws {
    let inner = PipelineSpecification(sources: [.init(.lexical)])
    #expect(try read(Self.whole) == PipelineSpecification(
      name: "both",
      sources: [
        .init(.dense, depth: 500, vectorFeedback: VectorFeedback(method: .rocchio, documents: 5, alpha: 0.3, beta: 0.7)),
        .init(.lexical, name: "words", termFeedback: TermFeedback(terms: 5), fieldWeights: [.title: 3, .headings: 0.5]),
        .init(.pipeline, name: "inner", pipeline: inner),
      ],
      fusion: .interpolation(.init(normalization: .zScore, missing: .minimum, weights: ["dense": 0.6, "words": 0.4, "inner": 0])),
      interpolation: .before, answers: "words", rerank: [.init(.vectors, depth: 20)], relevance: .init(.score(atLeast: 0.25))))
  }

  @Test(arguments: [
    ("{ sources: [{ kind: 'dense', dept: 5 }] }", "dept"), ("{ sources: [{ kind: 'dence' }] }", "dence"), ("{ sources: [] }", "sources"),
    ("{}", "sources"), ("[1", "JSON5"), ("{ sources: [{ kind: 'dense', depth: 0 }] }", "depth"),
    ("{ sources: [{ kind: 'dense' }, { kind: 'dense' }] }", "same name"), ("{ sources: [{ kind: 'dense', depth: 'x' }] }", "wrong type"),
    ("{ sources: [{ kind: 'dense', feedback: { method: 'rm3' } }] }", "rm3"), ("{ sources: [{ kind: 'pipeline' }] }", "pipeline"),
    ("{ sources: [{ kind: 'dense' }], fusion: { method: 'rrf', missing: 'zero' } }", "missing"),
    ("{ sources: [{ kind: 'dense' }], fusion: { method: 'rrf', weights: { words: 1 } } }", "words"),
    ("{ sources: [{ kind: 'dense' }], answers: 'dense' }", "answers"), ("{ sources: [{ kind: 'dense' }], rerank: [{ method: 'model' }] }", "model"),
    ("{ sources: [{ kind: 'dense', feedback: { iterations: 1e9 } }] }", "iterations"),
    ("{ sources: [{ kind: 'lexical', fieldWeights: { author: 2 } }] }", "author"),
    ("{ sources: [{ kind: 'lexical', fieldWeights: { title: -2 } }] }", "fieldWeights.title"),
    ("{ sources: [{ kind: 'dense', fieldWeights: { title: 2 } }] }", "only lexical sources"),
  ])
  func saysWhatIsWrong(text: String, word: String) throws {
    let error = #expect(throws: PipelineError.self) { try read(text) }
    #expect(error?.description.contains(word) == true, "\(error?.description ?? "")")
  }

  @Test func saysThatAFileIsMissing() {
    #expect(throws: PipelineError.unreadable(path: "/no/such", reason: "there is no such file")) { try PipelineSpecification(file: "/no/such") }
  }

  /// Whatever becomes of the bytes, reading gives a pipeline or an error.
  @Test func survivesDamage() throws {
    let scratch = try Scratch()
    let bytes = Array(Self.whole.utf8)
    var generator = SeededGenerator(seed: 3)
    for round in 0..<400 {
      var damaged = Array(bytes.prefix(round % 2 == 0 ? Int.random(in: 0...bytes.count, using: &generator) : bytes.count))
      for _ in 0..<Int.random(in: 0..<4, using: &generator) where !damaged.isEmpty {
        damaged[Int.random(in: 0..<damaged.count, using: &generator)] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      }
      let path = try scratch.write("damaged.json5", Data(damaged))
      guard let specification = try? PipelineSpecification(file: path) else { continue }
      #expect(throws: Never.self) { try specification.validate() }
    }
  }
}
