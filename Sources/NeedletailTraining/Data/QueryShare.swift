internal import NeedletailEvaluation

/// A part of all queries, by a hash of their text: so that what is learnt from, what chooses among results, and what the result is
/// measured on come from one file and have no query in common.
///
/// Equal texts are in the same shares, whichever file they come from. Shares that do not overlap have no query in common.
public struct QueryShare: Hashable, Sendable {
  /// Where the share begins and ends, from 0 to 1.
  public let range: Range<Double>

  /// - Precondition: the range is not empty and lies in 0..<1.
  public init(_ range: Range<Double>) {
    precondition(!range.isEmpty && range.lowerBound >= 0 && range.upperBound <= 1, "a share of \(range)")
    self.range = range
  }

  /// Whether a query belongs to the share.
  public func contains(_ query: String) -> Bool { range.contains(Self.place(of: query)) }

  /// A place from 0 to 1 for each text: the upper 53 bits of FNV-1a over its UTF-8, mixed as SplitMix64 mixes its state (Steele, Lea
  /// and Flood, OOPSLA 2014), since short texts that differ in their end differ in the lower bits of FNV-1a only.
  static func place(of text: String) -> Double {
    var hash = text.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
    hash = (hash ^ hash >> 30) &* 0xbf58_476d_1ce4_e5b9
    hash = (hash ^ hash >> 27) &* 0x94d0_49bb_1331_11eb
    return Double((hash ^ hash >> 31) >> 11) * 0x1p-53
  }
}

extension TrainingExamples {
  /// The examples whose queries belong to a share.
  public func keeping(_ share: QueryShare) -> TrainingExamples {
    var kept = self
    kept.examples.removeAll { !share.contains(queries[$0.query]) }
    // Taking them up anew leaves out the queries that nobody uses any more.
    var result = TrainingExamples()
    result.append(kept, onlyRelevantTo: Set(kept.examples.map(\.query)))
    return result
  }
}

extension RetrievalTask {
  /// The task with the queries of a share only; documents stay.
  func keeping(_ share: QueryShare) -> RetrievalTask {
    var kept = self
    kept.queries.removeAll { !share.contains($0.text) }
    let identifiers = Set(kept.queries.map(\.id))
    kept.judgements = kept.judgements.filter { identifiers.contains($0.key) }
    return kept
  }
}
