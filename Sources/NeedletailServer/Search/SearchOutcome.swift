package import NeedletailRetrieval

/// Ranked passages and how they were found.
package struct SearchOutcome: Sendable {
  package var answers: [Answer]
  /// Whether asking with a greater offset would give more.
  package var hasMore: Bool
  package var stages: [Explanation.Stage]

  package init(answers: [Answer], hasMore: Bool, stages: [Explanation.Stage]) {
    self.answers = answers
    self.hasMore = hasMore
    self.stages = stages
  }
}
