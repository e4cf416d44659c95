internal import NeedletailNumerics
internal import Synchronization

/// Goes through a corpus epoch by epoch on one thread or several.
struct CorpusPasses: Sendable {
  private let corpus: WordCorpus
  private let training: ShallowTraining

  /// Texts that are handed to a thread at a time.
  private static let textsPerChunk = 32

  init(_ corpus: WordCorpus, _ training: ShallowTraining) {
    self.corpus = corpus
    self.training = training
  }

  /// Visits every text once in each epoch.
  ///
  /// - Parameters:
  ///   - makeWorkspace: called once for each thread.
  ///   - visit: gets the text, a generator that depends on seed, epoch and text alone, and how much of all epochs is done.
  /// - Throws: `cancelled` if the task that called was.
  func run<Workspace>(
    makeWorkspace: @escaping @Sendable () -> Workspace,
    visit: @escaping @Sendable (_ text: Int, inout SeededGenerator, _ fraction: Float, inout Workspace) -> Void,
    progress: @escaping @Sendable (ShallowProgress) -> Void
  ) throws(ModelError) {
    let total = max(1, corpus.wordCount * training.epochs)
    let chunks = (corpus.count + Self.textsPerChunk - 1) / Self.textsPerChunk
    let pool = training.threads == 1 ? nil : WorkerPool(threadCount: training.threads)
    let done = Atomic(0)
    for epoch in 0..<training.epochs {
      let part: @Sendable (Int, Int) -> Void = { thread, threads in
        var workspace = makeWorkspace()
        for chunk in stride(from: thread, to: chunks, by: threads) where !Task.isCancelled {
          for text in chunk * Self.textsPerChunk..<min(corpus.count, (chunk + 1) * Self.textsPerChunk) {
            let words = epoch * corpus.wordCount + corpus.offsets[text]
            var generator = SeededGenerator(seed: training.seed, part: UInt64(epoch + 1), UInt64(text))
            visit(text, &generator, Float(words) / Float(total), &workspace)
          }
          let words = corpus.offsets[min(corpus.count, (chunk + 1) * Self.textsPerChunk)] - corpus.offsets[chunk * Self.textsPerChunk]
          progress(ShallowProgress(wordsDone: done.add(words, ordering: .relaxed).newValue, wordsInAll: total))
        }
      }
      if let pool {
        pool.forEach(training.threads) { part($0, training.threads) }
      } else {
        part(0, 1)
      }
      if Task.isCancelled { throw .cancelled }
    }
  }
}
