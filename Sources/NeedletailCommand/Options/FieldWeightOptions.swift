internal import ArgumentParser
internal import Needletail

/// What words in the fields of documents count: `--field-weight title=3`.
struct FieldWeightOptions: ParsableArguments {
  @Option(help: ArgumentHelp(
    "What a word in title, headings or body counts in searches by words, such as title=3 (repeatable; BM25F).", valueName: "FIELD=WEIGHT"))
  var fieldWeight: [FieldWeight] = []

  var weights: [LexicalFields.Field: Float] {
    Dictionary(fieldWeight.map { ($0.field, $0.weight) }) { _, last in last }
  }

  /// The fields of a new collection; nil if nothing was said of fields.
  var fields: LexicalFields? { fieldWeight.isEmpty ? nil : LexicalFields().weighing(weights) }
}

struct FieldWeight: ExpressibleByArgument {
  var field: LexicalFields.Field
  var weight: Float

  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1)
    guard parts.count == 2, let field = LexicalFields.Field(rawValue: String(parts[0])), let weight = Float(parts[1]), (0...1e6).contains(weight)
    else { return nil }
    self.field = field
    self.weight = weight
  }
}
