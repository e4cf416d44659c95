internal import NeedletailCore
internal import NeedletailPoints

extension JSONWriter {
  mutating func id(_ id: PointID) { id.write(&self) }

  /// The members `payload` and `vector`, those that were asked for.
  mutating func contents(of point: StoredPoint) {
    if let payload = point.payload { member("payload") { $0.payload(payload) } }
    guard let vectors = point.vectors else { return }
    member("vector") { writer in
      if vectors.count == 1, let unnamed = vectors[""] {
        if case .sparse = unnamed { writer.object { $0.member("") { unnamed.write(&$0) } } } else { unnamed.write(&writer) }
      } else {
        writer.object { writer in
          for (name, vector) in vectors.sorted(by: { $0.key < $1.key }) { writer.member(name) { vector.write(&$0) } }
        }
      }
    }
  }

  mutating func record(_ point: StoredPoint, order: OrderValue? = nil) {
    object { writer in
      writer.member("id") { $0.id(point.id) }
      writer.contents(of: point)
      if let order { writer.member("order_value") { $0.order(order) } }
    }
  }

  mutating func scored(_ answer: ScoredPoint) {
    object { writer in
      writer.member("id") { $0.id(answer.point.id) }
      writer.member("version") { $0.integer(answer.point.version) }
      writer.member("score") { $0.float(answer.score) }
      writer.contents(of: answer.point)
      if let order = answer.order { writer.member("order_value") { $0.order(order) } }
    }
  }

  mutating func order(_ value: OrderValue) {
    switch value {
    case .integer(let value): integer(value)
    case .number(let value): double(value)
    }
  }

  mutating func scored(_ answers: [ScoredPoint]) {
    array { writer in for answer in answers { writer.scored(answer) } }
  }

  /// What a collection takes in memory, by parts, and may take.
  mutating func memory(_ memory: PointMemory) {
    object { writer in
      writer.member("resident") { $0.integer(memory.resident) }
      writer.key("budget")
      if let budget = memory.budget { writer.integer(budget) } else { writer.null() }
      writer.member("mapped_resident") { $0.integer(memory.mappedResident) }
      writer.member("parts") { writer in
        writer.object { writer in for part in memory.parts { writer.member(part.name) { $0.integer(part.bytes) } } }
      }
    }
  }

  mutating func update(_ operation: UInt64, isWaitedFor: Bool) {
    object { writer in
      writer.member("operation_id") { $0.integer(operation) }
      writer.member("status") { $0.string(isWaitedFor ? "completed" : "acknowledged") }
    }
  }
}
