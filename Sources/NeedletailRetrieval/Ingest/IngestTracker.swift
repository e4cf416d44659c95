internal import Synchronization

/// Counts what a run does, from all of its stages, and tells the caller.
final class IngestTracker: Sendable {
  private let state = Mutex<(report: IngestReport, progress: IngestProgress)>((IngestReport(), IngestProgress()))
  private let watch = Stopwatch()
  private let tell: @Sendable (IngestProgress) -> Void

  init(_ tell: @escaping @Sendable (IngestProgress) -> Void) { self.tell = tell }

  /// Changes the counts. The caller is told in the order of the changes.
  func update(_ change: (inout IngestReport, inout IngestProgress) -> Void) {
    state.withLock { state in
      change(&state.report, &state.progress)
      tell(state.progress)
    }
  }

  func problem(_ problem: IngestProblem) {
    state.withLock { $0.report.problems.append(problem) }
  }

  var report: IngestReport {
    state.withLock { state in
      state.report.seconds = watch.seconds
      return state.report
    }
  }
}
