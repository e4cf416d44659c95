internal import NeedletailCore
internal import NeedletailNumerics

/// Questions of date arithmetic whose answers are exact: the first level of TempReason (Tan et al., ACL 2023), as it stands in RAR-b. A
/// retriever that matches topics finds all dates equally near.
public enum DateArithmetic {
  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  /// A task: "What is the time 3 years and 2 months after May, 1923?" among dates.
  ///
  /// - Parameters:
  ///   - questions: how many.
  ///   - dates: how many documents; at least 600.
  ///   - seed: of the questions.
  public static func task(questions: Int = 200, dates: Int = 2000, seed: UInt64 = 1) -> RetrievalTask {
    precondition(dates >= 600, "\(dates) dates leave no room for spans of 30 years")
    var generator = SeededGenerator(seed: seed)
    let firstYear = 1850
    func text(_ month: Int) -> String { "\(months[month % 12]), \(firstYear + month / 12)" }
    var task = RetrievalTask(
      name: "date-arithmetic", kind: .reasoning, corpus: (0..<dates).map { .init(id: "m\($0)", text: text($0)) }, queries: [], judgements: [:],
      instruction: "Given the following question about time, retrieve the correct answer.")
    for number in 0..<questions {
      let start = Int(generator.next() % UInt64(dates))
      let span = 1 + Int(generator.next() % 240)
      let isAfter = start < span || (start + span < dates && generator.next() & 1 == 0)
      let parts = [(span / 12, "year"), (span % 12, "month")].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)\($0.0 == 1 ? "" : "s")" }
      task.queries.append(.init(
        id: "q\(number)", text: "What is the time \(parts.joined(separator: " and ")) \(isAfter ? "after" : "before") \(text(start))?"))
      task.judgements["q\(number)"] = ["m\(isAfter ? start + span : start - span)": 1]
    }
    return task
  }
}
