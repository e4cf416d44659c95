public import NeedletailNumerics
internal import NeedletailText

/// Makes queries and passages that answer them from pages alone: from their structure, or by cutting their passages.
///
/// Source: Chang, Yu, Chang, Yang and Kumar, "Pre-training Tasks for Embedding-based Large-scale Retrieval", ICLR 2020, section 3; the
/// first task is that of Lee, Chang and Toutanova, ACL 2019, who keep the sentence in one of ten passages. The title stands before a
/// passage. A pair follows from the seed and its number alone.
public struct PagePairs: Sendable {
  /// Where query and passage come from.
  public enum Task: String, Hashable, Sendable, CaseIterable, Codable {
    /// A sentence, and the passage that it was taken out of (inverse cloze task).
    case cloze
    /// A sentence of the lead, and a passage of the same page outside of the lead (body first selection).
    case lead
    /// A sentence of the lead, and a passage of another page that links to the page (wiki link prediction).
    case links
    /// Two pieces of one passage, cut out independently of each other, each of a tenth to a half of its words (Izacard et al.,
    /// "Unsupervised Dense Information Retrieval with Contrastive Learning", TMLR 2022, section 3.2).
    case crops

    /// The tasks that need the structure of pages.
    public static let structural: [Task] = [.cloze, .lead, .links]
  }

  /// How often the sentence stays in the passage that it was taken from.
  public let keptShare: Float
  private let pages: [Page]
  /// The sentences of each passage of each page.
  private let sentences: [[[String]]]
  private let links: PageLinks
  /// Passages with two sentences or more; pages with a lead and a body; pages with a lead that others link to.
  private let clozes: [(page: Int, passage: Int)]
  private let leads: [Int]
  private let linked: [Int]
  /// Passages of `fewestCropWords` words or more.
  private let croppable: [(page: Int, passage: Int)]

  private static let fewestCropWords = 8

  /// - Parameters:
  ///   - pages: where pairs come from.
  ///   - passageSentences: longer passages are cut into parts of about as many sentences; nil leaves them.
  ///   - keptShare: how often a sentence stays in its passage, from 0 to 1.
  ///   - pool: the threads that split passages.
  public init(_ pages: [Page], passageSentences: Int? = nil, keptShare: Float = 0, pool: WorkerPool = .shared) {
    self.keptShare = keptShare
    let prepared = pool.map(pages.count, tasksOf: 16) { part in
      pages[part].map { page -> (Page, [[String]]) in
        var cut = Page(title: page.title, passages: [])
        var sentences: [[String]] = []
        for passage in page.passages {
          for part in Self.parts(of: SentenceSplitter.sentences(of: passage.text), longest: passageSentences) {
            cut.passages.append(.init(section: passage.section, text: part.joined(separator: " ")))
            sentences.append(part)
          }
        }
        return (cut, sentences)
      }
    }
    self.pages = prepared.map(\.0)
    sentences = prepared.map(\.1)
    let links = PageLinks(self.pages)
    self.links = links
    clozes = self.sentences.enumerated().flatMap { page, passages in
      passages.indices.filter { passages[$0].count > 1 }.map { (page, $0) }
    }
    let withLead = self.pages.indices.filter { place in
      prepared[place].0.passages.first?.section == "" && !(prepared[place].1.first?.isEmpty ?? true)
    }
    leads = withLead.filter { place in prepared[place].0.passages.contains { $0.section != "" } }
    linked = withLead.filter { !links.passages[$0].isEmpty }
    croppable = self.pages.enumerated().flatMap { page, content in
      content.passages.indices.filter { content.passages[$0].text.split(separator: " ").count >= Self.fewestCropWords }.map { (page, $0) }
    }
  }

  /// Whether the pages have what a task needs.
  public func canMake(_ task: Task) -> Bool {
    switch task {
    case .cloze: !clozes.isEmpty
    case .lead: !leads.isEmpty
    case .links: !linked.isEmpty
    case .crops: !croppable.isEmpty
    }
  }

  /// A pair of a task, with the pages that query and passage come from; nil if the pages lack what it needs.
  public func pair(
    _ task: Task, using generator: inout SeededGenerator
  ) -> (query: String, passage: String, queryPage: Int, passagePage: Int)? {
    guard canMake(task) else { return nil }
    switch task {
    case .cloze:
      let (page, passage) = clozes[generator.index(below: clozes.count)]
      var rest = sentences[page][passage]
      let place = generator.index(below: rest.count)
      let query = generator.unitFloat() < keptShare ? rest[place] : rest.remove(at: place)
      return (query, titled(rest.joined(separator: " "), page), page, page)
    case .lead:
      let page = leads[generator.index(below: leads.count)]
      let bodies = pages[page].passages.filter { $0.section != "" }
      return (leadSentence(of: page, &generator), titled(bodies[generator.index(below: bodies.count)].text, page), page, page)
    case .links:
      let page = linked[generator.index(below: linked.count)]
      let (other, passage) = links.passages[page][generator.index(below: links.passages[page].count)]
      return (leadSentence(of: page, &generator), titled(pages[other].passages[passage].text, other), page, other)
    case .crops:
      let (page, passage) = croppable[generator.index(below: croppable.count)]
      let words = pages[page].passages[passage].text.split(separator: " ")
      return (crop(words, &generator), crop(words, &generator), page, page)
    }
  }

  private func crop(_ words: [Substring], _ generator: inout SeededGenerator) -> String {
    let length = max(1, Int(Double(words.count) * Double.random(in: 0.1...0.5, using: &generator)))
    let first = generator.index(below: words.count - length + 1)
    return words[first..<first + length].joined(separator: " ")
  }

  /// Pairs of several tasks, each drawn as often as the others.
  ///
  /// - Parameters:
  ///   - tasks: those the pages lack something for are left out.
  ///   - count: how many pairs.
  ///   - seed: of the draws.
  public func examples(_ tasks: [Task], count: Int, seed: UInt64) -> TrainingExamples {
    var examples = TrainingExamples()
    let possible = tasks.filter(canMake)
    guard !possible.isEmpty else { return examples }
    for number in 0..<count {
      var generator = SeededGenerator(seed: seed, part: UInt64(number))
      let task = possible[generator.index(below: possible.count)]
      guard let pair = pair(task, using: &generator) else { continue }
      let (query, passage) = (examples.query(pair.query), examples.passage(pair.passage))
      examples.append(.init(query: query, positives: [passage], task: Task.allCases.firstIndex(of: task) ?? 0))
    }
    return examples
  }

  private func titled(_ text: String, _ page: Int) -> String { pages[page].title.isEmpty ? text : pages[page].title + "\n" + text }

  private func leadSentence(of page: Int, _ generator: inout SeededGenerator) -> String {
    let lead = pages[page].passages.indices.prefix { pages[page].passages[$0].section == "" }
    let sentences = lead.flatMap { self.sentences[page][$0] }
    return sentences[generator.index(below: sentences.count)]
  }

  private static func parts(of sentences: [String], longest: Int?) -> [[String]] {
    guard let longest, sentences.count > longest else { return sentences.isEmpty ? [] : [sentences] }
    let count = (sentences.count + longest - 1) / longest
    return (0..<count).map { Array(sentences[sentences.count * $0 / count..<sentences.count * ($0 + 1) / count]) }
  }
}
