public import NeedletailCore

/// What a collection of points is made with. Changeable, kept in its database.
public struct PointCollectionSettings: Hashable, Sendable {
  public internal(set) var schema: VectorSchema
  /// Whether the vectors were given as a single unnamed one.
  public var hasUnnamedVector: Bool
  public var indexes: PayloadIndexes
  /// Everything else that was given, for echoing: settings of indexes, optimisers, logs, quantisation, strict mode, metadata.
  public var options: Payload

  public init(vectors: [String: VectorSettings], hasUnnamedVector: Bool, options: Payload = [:]) {
    var schema = VectorSchema()
    for (name, settings) in vectors.sorted(by: { $0.key < $1.key }) { schema.add(name, settings) }
    self.schema = schema
    self.hasUnnamedVector = hasUnnamedVector
    indexes = [:]
    self.options = options
  }

  /// Bytes of vectors from which an index is built, in KB; 0 turns indexes off.
  var indexingThreshold: Int {
    guard case .object(let optimizers)? = options["optimizers_config"], let threshold = optimizers["indexing_threshold"]?.double else { return 10_000 }
    return Int(min(max(threshold, 0), 1e12))
  }

  // MARK: as text

  /// The settings as JSON, as the database keeps them.
  var text: String {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("unnamed") { $0.bool(hasUnnamedVector) }
      writer.member("columns") { writer in
        writer.array { writer in
          for (name, settings) in zip(schema.names, schema.settings) {
            writer.object { writer in
              writer.key("name")
              if let name { writer.string(name) } else { writer.null() }
              writer.member("sparse") { $0.bool(settings.kind == .sparse) }
              writer.member("settings") { $0.payload(settings.original) }
            }
          }
        }
      }
      writer.member("indexes") { writer in
        writer.object { writer in
          for (field, index) in indexes.sorted(by: { $0.key < $1.key }) {
            writer.member(field) { writer in
              writer.object { writer in
                writer.member("kind") { $0.string(index.kind.rawValue) }
                if let options = index.options { writer.member("options") { $0.payload(options) } }
              }
            }
          }
        }
      }
      writer.member("options") { $0.payload(options) }
    }
    return writer.text
  }

  /// Reads what `text` wrote; nil if it cannot.
  init?(text: String) {
    guard let members = (try? JSONReader.read(text))?.members, let columns = members["columns"]?.elements else { return nil }
    var schema = VectorSchema()
    for column in columns {
      guard let column = column.members, let original = column["settings"]?.payload else { return nil }
      let isSparse = column["sparse"]?.bool ?? false
      guard let settings = isSparse ? VectorSettings(sparse: original) : VectorSettings(dense: original) else { return nil }
      schema.add(column["name"]?.string, settings)
    }
    self.schema = schema
    hasUnnamedVector = members["unnamed"]?.bool ?? false
    options = members["options"]?.payload ?? [:]
    indexes = [:]
    for (field, index) in members["indexes"]?.members ?? [:] {
      guard let index = index.members, let kind = index["kind"]?.string.flatMap(PayloadIndex.Kind.init) else { return nil }
      indexes[field] = PayloadIndex(kind: kind, options: index["options"]?.payload)
    }
  }
}
