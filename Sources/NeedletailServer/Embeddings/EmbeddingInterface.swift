internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import NeedletailCore
internal import NeedletailPoints

/// Embeddings and reranking for programs that speak to such services elsewhere.
///
/// | address | as |
/// |---|---|
/// | `/v1/embeddings`, `/v1/models` | OpenAI |
/// | `/v1/rerank` | Cohere, Jina |
/// | `/embed`, `/rerank`, `/embed_sparse`, `/info` | Text Embeddings Inference |
///
/// Reranking is by a cross-encoder where there is one, otherwise by the similarity of embeddings; sparse vectors come of a
/// model of such, otherwise of the weights of BM25.
struct EmbeddingInterface: Sendable {
  let models: ModelService
  let bodyLimit: Int

  func add(to router: Router<BasicRequestContext>) {
    router.get("/v1/models") { _, _ in answer { modelList(&$0) } }
    router.get("/info") { _, _ in answer { information(&$0) } }
    post("/v1/embeddings", router) { try await embeddings($0) }
    post("/v1/rerank", router) { try await rerank($0) }
    post("/embed", router) { try await embed($0) }
    post("/embed_sparse", router) { try await embedSparse($0) }
    post("/rerank", router) { try await plainRerank($0) }
  }

  private func post(
    _ path: RouterPath, _ router: Router<BasicRequestContext>, _ body: @escaping @Sendable (JSONFields) async throws -> JSONText
  ) {
    router.post(path) { request, _ -> Response in
      do {
        let bytes = try await request.bytes(upTo: bodyLimit)
        let call = PointCall(method: .post, segments: [], query: QueryParameters(nil), body: bytes)
        return Response.points(ByteBuffer(bytes: try await body(try call.fields()).bytes))
      } catch {
        return Self.refusal(error)
      }
    }
  }

  private func answer(_ body: (inout JSONWriter) -> Void) -> Response { .points(ByteBuffer(bytes: JSONText(body).bytes)) }

  /// The form of errors that clients of OpenAI read; others find their message in it, too.
  private static func refusal(_ error: any Error) -> Response {
    let refusal = PointRefusal(error)
    var status = refusal.status
    if case ServerError.noModel = error { status = .notFound }
    let message = (error as? any Problem)?.description ?? refusal.message
    let text = JSONText { writer in
      writer.object { writer in
        writer.member("error") { writer in
          writer.object { writer in
            writer.member("message") { $0.string(message) }
            writer.member("type") { $0.string(status.code < 500 ? "invalid_request_error" : "server_error") }
            writer.member("param") { $0.null() }
            writer.member("code") { $0.null() }
          }
        }
        writer.member("error_type") { $0.string(status.code < 500 ? "validation" : "backend") }
      }
    }
    return .points(ByteBuffer(bytes: text.bytes), status: status)
  }

  private func modelList(_ writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("object") { $0.string("list") }
      writer.member("data") { writer in
        writer.array { writer in
          for name in models.available {
            writer.object { writer in
              writer.member("id") { $0.string(name) }
              writer.member("object") { $0.string("model") }
              writer.member("created") { $0.integer(0) }
              writer.member("owned_by") { $0.string("needletail") }
            }
          }
        }
      }
    }
  }

  private func information(_ writer: inout JSONWriter) {
    writer.object { writer in
      writer.member("model_id") { $0.string(models.available.first ?? "") }
      writer.member("model_type") { $0.object { $0.member("embedding") { $0.object { $0.member("pooling") { $0.string("mean") } } } } }
      writer.member("version") { $0.string(PointInterface.version) }
    }
  }

  // MARK: OpenAI

  private func embeddings(_ fields: JSONFields) async throws -> JSONText {
    let tokens = try Self.tokens(fields, "input")
    let texts = tokens == nil ? try Self.texts(fields, "input") : []
    let queue = try await models.queue(try fields.string("model"))
    let isBase64 = try fields.string("encoding_format") == "base64"
    let profile = queue.embedder.profile
    let dimension = try fields.count("dimensions", atLeast: 1, atMost: profile.dimension) ?? profile.dimension
    let vectors = if let tokens { try await queue.encode(tokens: tokens) } else { try await queue.encode(texts, as: .document) }
    // Of texts it is counted from the bytes: four to a token.
    let count = tokens.map { $0.reduce(0) { $0 + $1.count } } ?? texts.reduce(0) { $0 + max(1, $1.utf8.count / 4) }
    return JSONText { writer in
      writer.object { writer in
        writer.member("object") { $0.string("list") }
        writer.member("data") { writer in
          writer.array { writer in
            for row in 0..<vectors.count {
              let values = Self.shortened(vectors[row], to: dimension)
              writer.object { writer in
                writer.member("object") { $0.string("embedding") }
                writer.member("index") { $0.integer(row) }
                writer.member("embedding") { isBase64 ? $0.string(Self.base64(values)) : $0.floats(values) }
              }
            }
          }
        }
        writer.member("model") { $0.string(profile.name) }
        writer.member("usage") { writer in
          writer.object { writer in
            writer.member("prompt_tokens") { $0.integer(count) }
            writer.member("total_tokens") { $0.integer(count) }
          }
        }
      }
    }
  }

  /// A text, or a list of texts that are not empty.
  private static func texts(_ fields: JSONFields, _ name: String) throws(PointError) -> [String] {
    let node = try fields.required(name)
    if let text = node.string { return [text] }
    guard let elements = node.elements, !elements.isEmpty else { throw .format("`\(name)` has to be a text or a list of texts") }
    var texts: [String] = []
    for element in elements {
      guard let text = element.string else { throw .format("`\(name)` has to be a text or a list of texts") }
      texts.append(text)
    }
    guard texts.count <= 8_192 else { throw .validation(["\(name): \(texts.count) texts, must be at most 8192"]) }
    return texts
  }

  /// One input as ids of the model's tokens, or several; nil if the member is anything else.
  private static func tokens(_ fields: JSONFields, _ name: String) throws(PointError) -> [[Int32]]? {
    guard let elements = fields[name]?.elements, let first = elements.first, first.string == nil else { return nil }
    func ids(_ nodes: [JSONNode]) throws(PointError) -> [Int32] {
      var ids: [Int32] = []
      ids.reserveCapacity(nodes.count)
      for node in nodes {
        guard case .integer(let value) = node, let id = Int32(exactly: value) else { throw .format("`\(name)` has to be texts, or lists of token numbers") }
        ids.append(id)
      }
      return ids
    }
    var inputs: [[Int32]] = []
    if first.double != nil {
      inputs = [try ids(elements)]
    } else {
      for element in elements {
        guard let nodes = element.elements, !nodes.isEmpty else { throw .format("`\(name)` has to be texts, or lists of token numbers") }
        inputs.append(try ids(nodes))
      }
    }
    guard inputs.count <= 8_192 else { throw .validation(["\(name): \(inputs.count) inputs, must be at most 8192"]) }
    return inputs
  }

  /// The first components at unit length, which is what models trained for several lengths ask for.
  private static func shortened(_ values: ArraySlice<Float>, to dimension: Int) -> [Float] {
    guard dimension < values.count else { return Array(values) }
    let kept = values.prefix(dimension)
    let length = kept.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
    return length > 0 ? kept.map { $0 / length } : Array(kept)
  }

  private static func base64(_ values: [Float]) -> String {
    var data = Data(capacity: 4 * values.count)
    for value in values { unsafe Swift.withUnsafeBytes(of: value.bitPattern.littleEndian) { unsafe data.append(contentsOf: $0) } }
    return data.base64EncodedString()
  }

  // MARK: Text Embeddings Inference

  private func embed(_ fields: JSONFields) async throws -> JSONText {
    let texts = try Self.texts(fields, "inputs")
    let vectors = try await models.queue(nil).encode(texts, as: .document)
    return JSONText { writer in writer.array { writer in for row in 0..<vectors.count { writer.floats(vectors[row]) } } }
  }

  private func embedSparse(_ fields: JSONFields) async throws -> JSONText {
    let texts = try Self.texts(fields, "inputs")
    let vectors: [SparsePointVector]
    if let weigh = models.termWeights {
      let weights = try await weigh(texts)
      vectors = (0..<weights.count).map { row in
        let range = weights.offsets[row]..<weights.offsets[row + 1]
        return SparsePointVector(indices: Array(weights.terms[range]), values: Array(weights.weights[range]))
      }
    } else {
      let model = BM25Document([:])
      vectors = texts.map { model.vector(of: $0, isQuery: false) }
    }
    return JSONText { writer in
      writer.array { writer in
        for vector in vectors {
          writer.array { writer in
            for (index, value) in zip(vector.indices, vector.values) {
              writer.object { writer in
                writer.member("index") { $0.integer(index) }
                writer.member("value") { $0.float(value) }
              }
            }
          }
        }
      }
    }
  }

  // MARK: reranking

  /// How well each text fits a query, best first.
  private func ranked(_ query: String, _ texts: [String], model: String?) async throws -> [(index: Int, score: Float)] {
    func best(_ scores: [(Int, Float)]) -> [(index: Int, score: Float)] { scores.sorted { $0.1 != $1.1 ? $0.1 > $1.1 : $0.0 < $1.0 } }
    if let score = models.reranker(model) { return best(Array(zip(texts.indices, try await score(query, texts)))) }
    let model = model.flatMap(models.resolve)
    let queue = try await models.queue(model)
    async let question = queue.encode([query], as: .query)
    let vectors = try await queue.encode(texts, as: .document)
    let asked = try await question[0]
    let scores = (0..<vectors.count).map { row in (row, zip(asked, vectors[row]).reduce(Float(0)) { $0 + $1.0 * $1.1 }) }
    return best(scores)
  }

  private func rerank(_ fields: JSONFields) async throws -> JSONText {
    var texts: [String] = []
    for node in try fields.list("documents") ?? [] {
      guard let text = node.string ?? node.members?["text"]?.string else { throw PointError.format("`documents` has to be a list of texts") }
      texts.append(text)
    }
    let model = try fields.string("model")
    let ranked = try await ranked(try fields.requiredString("query"), texts, model: model)
    let limit = try fields.count("top_n") ?? ranked.count
    let returnsTexts = try fields.bool("return_documents") ?? false
    return JSONText { writer in
      writer.object { writer in
        writer.member("id") { $0.string(UUID().uuidString.lowercased()) }
        if let model { writer.member("model") { $0.string(model) } }
        writer.member("results") { writer in
          writer.array { writer in
            for (index, score) in ranked.prefix(limit) {
              writer.object { writer in
                writer.member("index") { $0.integer(index) }
                writer.member("relevance_score") { $0.float(score) }
                if returnsTexts { writer.member("document") { $0.object { $0.member("text") { $0.string(texts[index]) } } } }
              }
            }
          }
        }
      }
    }
  }

  private func plainRerank(_ fields: JSONFields) async throws -> JSONText {
    let texts = try fields.strings("texts") ?? []
    let ranked = try await ranked(try fields.requiredString("query"), texts, model: nil)
    let returnsTexts = try fields.bool("return_text") ?? false
    return JSONText { writer in
      writer.array { writer in
        for (index, score) in ranked {
          writer.object { writer in
            writer.member("index") { $0.integer(index) }
            writer.member("score") { $0.float(score) }
            if returnsTexts { writer.member("text") { $0.string(texts[index]) } }
          }
        }
      }
    }
  }
}
