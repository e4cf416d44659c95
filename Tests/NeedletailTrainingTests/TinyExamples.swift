import NeedletailTraining

extension TrainingExamples {
  /// Eight queries with a passage each: enough for two batches of four that a tiny network learns by heart.
  static var tiny: TrainingExamples {
    var examples = TrainingExamples()
    for (query, passage) in [
      ("needle", "find the needle in hay"), ("fox", "the quick fox"), ("hello", "hello world"), ("b", "a b c"), ("42", "42 times"),
      ("dog", "lazy dog"), ("hay", "haystack of hay"), ("world", "the world"),
    ] {
      let places = (examples.query(query), examples.passage(passage))
      examples.append(.init(query: places.0, positives: [places.1]))
    }
    return examples
  }
}
