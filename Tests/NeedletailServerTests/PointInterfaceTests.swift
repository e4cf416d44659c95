import Crypto
import Foundation
import HTTPTypes
import NeedletailCore
import NeedletailPoints
import NeedletailServer
import Testing

@Suite struct PointInterfaceTests {
  @Test func makesShowsChangesAndRemovesCollections() async throws {
    let site = try PointTester()
    #expect(try await site.call(.get, "/collections").result["collections"] == .array([]))
    #expect(try await site.call(.get, "/collections/c/exists").result["exists"] == .bool(false))
    #expect(try await site.call(.put, "/collections/c", #"{"vectors":{"size":2,"distance":"Dot","hnsw_config":{"m":20}},"metadata":{"a":1,"b":2}}"#).result == .bool(true))
    let again = try await site.call(.put, "/collections/c", #"{"vectors":{"size":2,"distance":"Dot"}}"#)
    #expect(again.status == 409)
    #expect(again.error == "Wrong input: Collection `c` already exists!")
    #expect(try await site.call(.patch, "/collections/c", #"{"metadata":{"b":null,"c":3},"optimizers_config":{"indexing_threshold":7}}"#).result == .bool(true))
    let info = try await site.call(.get, "/collections/c").result
    #expect(info["status"] == .string("green"))
    #expect(info["config"]["params"]["vectors"] == .object(["size": .integer(2), "distance": .string("Dot"), "hnsw_config": .object(["m": .integer(20)])]))
    #expect(info["config"]["metadata"] == .object(["a": .integer(1), "c": .integer(3)]))
    #expect(info["config"]["optimizer_config"]["indexing_threshold"] == .integer(7))
    #expect(try await site.call(.get, "/collections").result["collections"] == .array([.object(["name": .string("c")])]))
    #expect(try await site.call(.delete, "/collections/c").result == .bool(true))
    #expect(try await site.call(.delete, "/collections/c").result == .bool(false))
    let missing = try await site.call(.get, "/collections/c")
    #expect(missing.status == 404)
    #expect(missing.error == "Not found: Collection `c` doesn't exist!")
  }

  @Test func writesAndReadsPoints() async throws {
    let site = try PointTester()
    try await site.fill()
    #expect(try await site.call(.get, "/collections/c/points/3").result == json(#"{"id":3,"payload":{"city":["Berlin","Rome"],"price":1},"vector":[0.5,0.5]}"#))
    #expect(try await site.call(.get, "/collections/c/points/7").error == "Not found: Point with id 7 does not exists!")
    #expect(try await site.call(.post, "/collections/c/points", #"{"ids":[2,1,99],"with_payload":["n"]}"#).result == json(#"[{"id":2,"payload":{"n":2}},{"id":1,"payload":{"n":1}}]"#))
    let page = try await site.call(.post, "/collections/c/points/scroll", #"{"limit":3,"with_payload":false}"#).result
    #expect(page["points"].elements?.map { $0["id"] } == [.integer(1), .integer(2), .integer(3)])
    #expect(page["next_page_offset"] == .string("00000000-0000-0000-0000-000000000009"))
    #expect(try await site.call(.post, "/collections/c/points/count", #"{"filter":{"must":[{"key":"city","match":{"value":"Berlin"}}]}}"#).result["count"] == .integer(2))
    let update = try await site.call(.post, "/collections/c/points/payload?wait=true", #"{"payload":{"n":7},"points":[1]}"#).result
    #expect(update == json(#"{"operation_id":2,"status":"completed"}"#))
    #expect(try await site.call(.put, "/collections/c/points/vectors", #"{"points":[{"id":1,"vector":[2,2]}]}"#).result["status"] == .string("acknowledged"))
    #expect(try await site.call(.put, "/collections/c/points/payload", #"{"payload":{"x":1},"points":[2]}"#).status == 200)
    #expect(try await site.call(.post, "/collections/c/points/payload/delete", #"{"keys":["price"],"filter":{"must":[{"has_id":[3]}]}}"#).status == 200)
    #expect(try await site.call(.post, "/collections/c/points/payload/clear", #"{"points":["00000000-0000-0000-0000-000000000009"]}"#).status == 200)
    #expect(try await site.call(.post, "/collections/c/points/vectors/delete", #"{"points":[2],"vector":[""]}"#).status == 200)
    #expect(try await site.call(.post, "/collections/c/points/delete", #"{"points":[3]}"#).status == 200)
    let all = try await site.call(.post, "/collections/c/points/scroll", #"{"with_vector":true}"#).result["points"]
    #expect(all == json(#"[{"id":1,"payload":{"city":"Berlin","n":7,"price":3.5},"vector":[2.0,2.0]},{"id":2,"payload":{"x":1},"vector":{}},{"id":"00000000-0000-0000-0000-000000000009","payload":{},"vector":[-1.0,0.0]}]"#))
    let batch = try await site.call(.post, "/collections/c/points/batch", #"{"operations":[{"upsert":{"batch":{"ids":[8,9],"vectors":[[1,1],[2,1]],"payloads":[null,{"a":1}]}}},{"delete":{"points":[1]}}]}"#)
    #expect(batch.result.elements?.count == 2)
    #expect(try await site.call(.post, "/collections/c/points/count", "{}").result["count"] == .integer(4))
  }

  @Test func answersQueries() async throws {
    let site = try PointTester()
    try await site.fill()
    func ids(_ body: String, _ end: String = "query") async throws -> [JSONNode]? {
      let reply = try await site.call(.post, "/collections/c/points/\(end)", body)
      return (reply.result["points"].elements ?? reply.result.elements)?.map { $0["id"] }
    }
    #expect(try await ids(#"{"query":[1,0.1],"limit":2}"#) == [.integer(1), .integer(3)])
    #expect(try await ids(#"{"query":1,"limit":1}"#) == [.integer(3)])
    #expect(try await ids(#"{"query":[1,0],"score_threshold":0.5}"#) == [.integer(1)])
    #expect(try await ids(#"{"query":{"recommend":{"positive":[2]}},"limit":1}"#) == [.integer(3)])
    #expect(try await ids(#"{"query":{"fusion":"rrf"},"prefetch":[{"query":[1,0],"limit":2},{"query":[0,1],"limit":1}],"limit":2}"#) == [.integer(1), .integer(2)])
    #expect(try await ids(#"{"vector":[0,1],"top":1}"#, "search") == [.integer(2)])
    let scored = try await site.call(.post, "/collections/c/points/query", #"{"query":[1,0],"limit":1,"with_payload":["n"],"with_vector":true}"#).result["points"][0]
    #expect(scored == json(#"{"id":1,"version":1,"score":1.0,"payload":{"n":1},"vector":[1.0,0.0]}"#))
    let batch = try await site.call(.post, "/collections/c/points/query/batch", #"{"searches":[{"query":[1,0],"limit":1},{"limit":2}]}"#).result
    #expect(batch.elements?.map { $0["points"].elements?.count } == [1, 2])
    let groups = try await site.call(.post, "/collections/c/points/query/groups", #"{"query":[1,0],"group_by":"city","limit":2,"group_size":1}"#).result["groups"]
    #expect(groups.elements?.map { $0["id"] } == [.string("Berlin"), .string("Rome")])
    let pairs = try await site.call(.post, "/collections/c/points/search/matrix/pairs", #"{"sample":10,"limit":1}"#).result["pairs"]
    #expect(pairs.elements?.count == 4)
    let offsets = try await site.call(.post, "/collections/c/points/search/matrix/offsets", #"{"sample":10,"limit":2}"#).result
    #expect(offsets["ids"].elements?.count == 4)
    #expect(offsets["offsets_row"].elements?.count == 8)
  }

  @Test func indexesServeOrderAndFacets() async throws {
    let site = try PointTester()
    try await site.fill()
    let refused = try await site.call(.post, "/collections/c/facet", #"{"key":"city"}"#)
    #expect(refused.status == 400)
    #expect(refused.error.hasPrefix("Wrong input: No appropriate index for faceting: `city`."))
    #expect(try await site.call(.put, "/collections/c/index?wait=true", #"{"field_name":"city","field_schema":"keyword"}"#).result["status"] == .string("completed"))
    #expect(try await site.call(.put, "/collections/c/index", #"{"field_name":"price","field_schema":{"type":"float"}}"#).status == 200)
    #expect(try await site.call(.post, "/collections/c/facet", #"{"key":"city"}"#).result["hits"] == json(#"[{"value":"Berlin","count":2},{"value":"Paris","count":1},{"value":"Rome","count":1}]"#))
    let ordered = try await site.call(.post, "/collections/c/points/scroll", #"{"order_by":{"key":"price","direction":"desc"},"with_payload":false}"#).result
    #expect(ordered["points"] == json(#"[{"id":1,"order_value":3.5},{"id":3,"order_value":1.0}]"#))
    let schema = try await site.call(.get, "/collections/c").result["payload_schema"]
    #expect(schema["city"] == json(#"{"data_type":"keyword","points":3}"#))
    #expect(try await site.call(.delete, "/collections/c/index/city").status == 200)
    #expect(try await site.call(.get, "/collections/c").result["payload_schema"]["city"] == .null)
  }

  @Test(arguments: [
    (#"{"query":[1,0,0]}"#, 400, "Wrong input: Vector dimension error: expected dim: 2, got 3"), (#"{"query":[1,0],"using":"x"}"#, 400, "Wrong input: Not existing vector name error: x"),
    (#"{"query":[1,0],"limit":0}"#, 422, "Validation error in JSON body: [internal.limit: value 0 invalid, must be 1 or larger]"), (#"{"query":77}"#, 404, "Not found: No point with id 77 found"),
    (#"{"query":{"fusion":"rrf"}}"#, 400, "Bad request: cannot apply Fusion without prefetches"), (#"{"query":[1,0],"filter":{"mustx":[]}}"#, 400, "Format error in JSON body: unknown field `filter.mustx`"),
    (#"{"score_threshold":1}"#, 400, "Bad request: A query is needed to use the score_threshold. Can't have score_threshold without defining a query."),
    (#"{"query":[1,0],"limit":-1}"#, 400, "Format error in JSON body: invalid type: `limit` has to be a natural number"), ("{", 400, "Format error in JSON body: key must be a string at byte 1"),
    (#"{"query":{"text":"a","model":"none"}}"#, 400, "Bad request: the model none is not available for inference; `needletail model list` names those that are"),
  ])
  func refusesWithTheMessagesThatProgramsKnow(body: String, status: Int, message: String) async throws {
    let site = try PointTester()
    try await site.fill()
    let reply = try await site.call(.post, "/collections/c/points/query", body)
    #expect(reply.status == status)
    #expect(reply.error == message)
  }

  /// Numbers as large as they come, and settings that were never meant to be changed.
  @Test func survivesHostileNumbers() async throws {
    let site = try PointTester()
    try await site.fill()
    let most = "9223372036854775807"
    for body in [
      #"{"query":[1,0],"limit":\#(most),"offset":\#(most)}"#, #"{"query":[1,0],"limit":\#(most),"prefetch":{"query":[1,0],"limit":\#(most)}}"#,
      #"{"query":{"fusion":"rrf"},"limit":\#(most),"prefetch":{"query":[1,0],"limit":\#(most)}}"#, #"{"query":[1e38,1e38],"limit":2}"#,
      #"{"query":{"nearest":[1,0],"mmr":{}},"limit":\#(most)}"#, #"{"query":{"order_by":"n"},"limit":\#(most)}"#,
    ] {
      let status = try await site.call(.post, "/collections/c/points/query", body).status
      #expect(status == 200 || status == 400, "\(body)")
    }
    #expect(try await site.call(.post, "/collections/c/points/query/groups", #"{"query":[1,0],"group_by":"city","limit":\#(most),"group_size":\#(most)}"#).status == 200)
    #expect(try await site.call(.post, "/collections/c/points/search/matrix/pairs", #"{"sample":\#(most),"limit":\#(most)}"#).status == 200)
    #expect(try await site.call(.patch, "/collections/c", #"{"vectors":{"":{"size":1e300}},"optimizers_config":{"indexing_threshold":1e300}}"#).status == 200)
    #expect(try await site.call(.put, "/collections/c/index", #"{"field_name":"city","field_schema":{"type":"text","min_token_len":1e300}}"#).status == 200)
    #expect(try await site.call(.post, "/collections/c/points/count", #"{"filter":{"must":[{"key":"city","match":{"text":"x"}}]}}"#).result["count"] == .integer(0))
  }

  @Test func aliasesStandForCollections() async throws {
    let site = try PointTester()
    try await site.fill()
    #expect(try await site.call(.post, "/collections/aliases", #"{"actions":[{"create_alias":{"collection_name":"c","alias_name":"live"}}]}"#).result == .bool(true))
    #expect(try await site.call(.get, "/aliases").result["aliases"] == json(#"[{"alias_name":"live","collection_name":"c"}]"#))
    #expect(try await site.call(.get, "/collections/c/aliases").result["aliases"].elements?.count == 1)
    #expect(try await site.call(.post, "//collections/live/points/count/", "{}").result["count"] == .integer(4))
    #expect(try await site.call(.post, "/collections/aliases", #"{"actions":[{"rename_alias":{"old_alias_name":"x","new_alias_name":"y"}}]}"#).error == "Not found: Alias x does not exists!")
  }

  @Test func vectorsComeAndGo() async throws {
    let site = try PointTester()
    try await site.fill()
    #expect(try await site.call(.put, "/collections/c/vectors/extra", #"{"dense":{"size":1,"distance":"Euclid"}}"#).status == 200)
    #expect(try await site.call(.put, "/collections/c/points/vectors", #"{"points":[{"id":1,"vector":{"extra":[4]}}]}"#).status == 200)
    #expect(try await site.call(.post, "/collections/c/points/query", #"{"query":[1],"using":"extra"}"#).result["points"][0]["score"] == .number(3))
    #expect(try await site.call(.delete, "/collections/c/vectors/extra").status == 200)
    #expect(try await site.call(.post, "/collections/c/points/query", #"{"query":[1],"using":"extra"}"#).status == 400)
  }

  @Test func snapshotsAreMadeListedFetchedAndRestored() async throws {
    let site = try PointTester()
    try await site.fill()
    let name = try #require(try await site.call(.post, "/collections/c/snapshots").result["name"].string)
    #expect(try await site.call(.get, "/collections/c/snapshots").result.elements?.count == 1)
    let file = try await site.call(.get, "/collections/c/snapshots/\(name)")
    #expect(file.text.hasPrefix("SQLite format 3"))
    #expect(try await site.call(.get, "/collections/c/snapshots/..%2F..%2Faliases.json").status == 404)
    #expect(try await site.call(.put, "/collections/c/snapshots/recover", #"{"location":"file:///etc/passwd"}"#).status == 403)
    #expect(try await site.call(.put, "/collections/c/snapshots/recover", #"{"location":"http://example.com/x"}"#).status == 403)
    #expect(try await site.call(.delete, "/collections/c/snapshots/\(name)").result == .bool(true))
    #expect(try await site.call(.get, "/collections/c/snapshots").result == .array([]))
  }

  @Test func strictModeLimitsRequests() async throws {
    let site = try PointTester()
    try await site.fill()
    let limits = #"{"strict_mode_config":{"enabled":true,"max_query_limit":5,"unindexed_filtering_retrieve":false,"max_points_count":4,"read_rate_limit":4,"search_allow_exact":false}}"#
    #expect(try await site.call(.patch, "/collections/c", limits).status == 200)
    let limit = try await site.call(.post, "/collections/c/points/query", #"{"query":[1,0],"limit":6}"#)
    #expect(limit.error.contains(#"Limit exceeded 6 > 5 for "limit". Help: Reduce the "limit" parameter to or below 5."#))
    let filter = try await site.call(.post, "/collections/c/points/count", #"{"filter":{"must":[{"key":"n","match":{"value":1}}]}}"#)
    #expect(filter.error.contains(#"Index required but not found for "n""#))
    #expect(try await site.call(.post, "/collections/c/points/query", #"{"query":[1,0],"limit":1,"params":{"exact":true}}"#).error.contains("Exact search disabled!"))
    #expect(try await site.call(.put, "/collections/c/points", #"{"points":[{"id":50,"vector":[1,1]}]}"#).error.contains("Max points count limit of 4 reached!"))
    #expect(try await site.call(.get, "/collections/c/points/1").status == 200)
    let tooMany = try await site.call(.get, "/collections/c/points/1")
    #expect(tooMany.status == 429)
    #expect(tooMany.headers[.retryAfter] != nil)
  }

  @Test func answersAsOneNodeOfItsOwn() async throws {
    let site = try PointTester()
    try await site.fill()
    #expect(try await site.call(.get, "/", headers: [.accept: "application/json"]).json["version"].string?.hasPrefix("1.") == true)
    #expect(try await site.call(.get, "/", headers: [.accept: "text/html"]).text.contains("<html"))
    #expect(try await site.call(.get, "/healthz").text == "healthz check passed")
    #expect(try await site.call(.get, "/readyz").text == "all shards are ready")
    #expect(try await site.call(.get, "/cluster").result["status"] == .string("disabled"))
    #expect(try await site.call(.get, "/collections/c/cluster").result["shard_count"] == .integer(1))
    #expect(try await site.call(.post, "/cluster/recover").error.contains("standalone mode"))
    #expect(try await site.call(.get, "/issues").result["issues"] == .array([]))
    #expect(try await site.call(.get, "/collections/c/optimizations").result["running"] == .array([]))
    #expect(try await site.call(.get, "/metrics").text.contains("collection_points{id=\"c\"} 4"))
    #expect(try await site.call(.get, "/telemetry").result["collections"]["number_of_collections"] == .integer(1))
    #expect(try await site.call(.get, "/nowhere/at/all").status == 404)
  }

  @Test func keysDecideWhoMayDoWhat() async throws {
    let site = try PointTester(options: SiteOptions(keys: AccessKeys(full: "all", reading: "some")))
    let name = try #require(HTTPField.Name("api-key"))
    func status(_ method: HTTPRequest.Method, _ path: String, _ headers: HTTPFields) async throws -> Int { try await site.call(method, path, "{}", headers: headers).status }
    #expect(try await status(.get, "/collections", [:]) == 401)
    #expect(try await status(.get, "/collections", [name: "wrong"]) == 401)
    #expect(try await status(.get, "/collections", [.authorization: "Bearer some"]) == 200)
    #expect(try await status(.put, "/collections/c", [name: "some"]) == 403)
    #expect(try await status(.put, "/collections/c", [name: "all"]) == 200)
    #expect(try await status(.post, "/collections/c/points/scroll", [name: "some"]) == 200)
    #expect(try await status(.post, "/collections/c/points/delete", [name: "some"]) == 403)
    #expect(try await status(.get, "/healthz", [:]) == 200)
    #expect(try await status(.get, "/metrics", [:]) == 401)
    #expect(try await status(.get, "/", [.accept: "application/json"]) == 200)
    #expect(try await status(.get, "/", [.accept: "text/html"]) == 401)
    #expect(try await status(.get, "/?q=secret", [.accept: "application/json"]) == 401)
  }

  @Test func signedTokensAllowWhatTheySay() async throws {
    let site = try PointTester(options: SiteOptions(keys: AccessKeys(full: "all")))
    func text(_ bytes: some Sequence<UInt8>) -> String {
      Data(bytes).base64EncodedString().replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
    }
    func token(_ claims: String, key: String = "all", header: String = #"{"alg":"HS256","typ":"JWT"}"#) -> HTTPFields {
      let signed = text(header.utf8) + "." + text(claims.utf8)
      let signature = HMAC<SHA256>.authenticationCode(for: Data(signed.utf8), using: SymmetricKey(data: Data(key.utf8)))
      return [.authorization: "Bearer \(signed).\(text(signature))"]
    }
    func status(_ method: HTTPRequest.Method, _ path: String, _ headers: HTTPFields, _ body: String = "{}") async throws -> Int {
      try await site.call(method, path, body, headers: headers).status
    }
    let manager = token(#"{"access":"m"}"#)
    for name in ["c", "d"] { #expect(try await status(.put, "/collections/\(name)", manager, #"{"vectors":{"size":2,"distance":"Dot"}}"#) == 200) }
    #expect(try await status(.get, "/collections", token(#"{"access":"m"}"#, key: "other")) == 401)
    #expect(try await status(.get, "/collections", token(#"{"access":"m"}"#, header: #"{"alg":"none"}"#)) == 401)
    #expect(try await status(.get, "/collections", token(#"{"access":"m","exp":1}"#)) == 401)
    #expect(try await status(.get, "/collections", token(#"{"access":"m","exp":99999999999}"#)) == 200)
    #expect(try await status(.get, "/collections", token(#"{"access":"m","value_exists":{"collection":"c","matches":[]}}"#)) == 401)
    for reader in [token(#"{"access":"r"}"#), token("{}")] {
      #expect(try await status(.post, "/collections/c/points/scroll", reader) == 200)
      #expect(try await status(.post, "/collections/c/points/delete", reader, #"{"points":[1]}"#) == 403)
    }
    let mixed = token(#"{"access":[{"collection":"c","access":"rw"},{"collection":"e","access":"r"}]}"#)
    #expect(try await status(.post, "/collections/c/points/delete", mixed, #"{"points":[1]}"#) == 200)
    #expect(try await status(.post, "/collections/d/points/scroll", mixed) == 403)
    #expect(try await status(.delete, "/collections/c", mixed) == 403)
    #expect(try await status(.put, "/collections/c/snapshots/recover", mixed) == 403)
    #expect(try await status(.get, "/api/search?q=a", mixed) == 403)
    #expect(try await site.call(.get, "/collections", headers: mixed).result["collections"] == .array([.object(["name": .string("c")])]))
    // Other collections are out of reach by way of the body, too.
    #expect(try await status(.post, "/collections/c/points/query", mixed, #"{"query":1,"lookup_from":{"collection":"d"}}"#) == 403)
  }

  @Test func refusesChangesThatPagesOfOthersSend() async throws {
    let site = try PointTester()
    func status(_ origin: String?) async throws -> Int {
      try await site.call(.delete, "/collections/none", headers: origin.map { [.origin: $0] } ?? [:]).status
    }
    #expect(try await status(nil) == 200)
    #expect(try await status("http://localhost:7700") == 200)
    #expect(try await status("https://elsewhere.example") == 421)
    #expect(try await status("null") == 421)
  }

  @Test func crossEncodersRerankAndModelsWeighTerms() async throws {
    let weights = try SparseVectors(dimension: 9, offsets: [0, 2], terms: [3, 7], weights: [0.5, 2])
    let models = ModelService(
      names: { ["bag"] }, source: { _ in WordBag() }, rerankers: [("long", { _, texts in texts.map { Float($0.utf8.count) } })], termWeights: { _ in weights })
    let site = try PointTester(options: SiteOptions(models: models))
    let body = #"{"query":"yeast","documents":["yeast","much longer"]"#
    for (model, first) in [("", 1), (#","model":"Long""#, 1), (#","model":"bag""#, 0)] {
      #expect(try await site.call(.post, "/v1/rerank", body + model + "}").json["results"][0]["index"] == .integer(Int64(first)))
    }
    #expect(try await site.call(.post, "/rerank", #"{"query":"yeast","texts":["yeast","much longer"]}"#).json[0] == json(#"{"index":1,"score":11.0}"#))
    #expect(try await site.call(.post, "/embed_sparse", #"{"inputs":"a"}"#).json == json(#"[[{"index":3,"value":0.5},{"index":7,"value":2.0}]]"#))
  }

  @Test func textsStandForVectors() async throws {
    let models = ModelService(names: { ["bag"] }, source: { _ in WordBag() })
    let site = try PointTester(options: SiteOptions(models: models))
    let dimension = WordBag().profile.dimension
    _ = try await site.call(.put, "/collections/c", #"{"vectors":{"size":\#(dimension),"distance":"Cosine"},"sparse_vectors":{"bm25":{"modifier":"idf"}}}"#)
    let points = [(1, "swift bird flight"), (2, "bread and yeast")].map { id, text in
      #"{"id":\#(id),"vector":{"":{"text":"\#(text)","model":"bag"},"bm25":{"text":"\#(text)","model":"qdrant/bm25"}}}"#
    }
    #expect(try await site.call(.put, "/collections/c/points", #"{"points":[\#(points.joined(separator: ","))]}"#).status == 200)
    for (query, id) in [("yeast", 2), ("flight bird", 1)] {
      for (model, using) in [("x/Bag", ""), ("qdrant/bm25", "bm25")] {
        let body = #"{"query":{"text":"\#(query)","model":"\#(model)"},"using":"\#(using)","limit":1}"#
        #expect(try await site.call(.post, "/collections/c/points/query", body).result["points"][0]["id"] == .integer(Int64(id)))
      }
    }
    let embeddings = try await site.call(.post, "/v1/embeddings", #"{"input":["a b","c"],"model":"bag"}"#).json
    #expect(embeddings["data"].elements?.count == 2)
    #expect(embeddings["data"][0]["embedding"].floats?.count == dimension)
    #expect(try await site.call(.post, "/v1/embeddings", #"{"input":"a","model":"bag","encoding_format":"base64"}"#).json["data"][0]["embedding"].string?.count == (dimension * 4 + 2) / 3 * 4)
    #expect(try await site.call(.post, "/v1/embeddings", #"{"input":"a","model":"other"}"#).status == 404)
    #expect(try await site.call(.post, "/v1/embeddings", #"{"input":[[1,2]],"model":"bag"}"#).status == 400)
    #expect(try await site.call(.post, "/embed", #"{"inputs":"a"}"#).json[0].floats?.count == dimension)
    #expect(try await site.call(.post, "/v1/rerank", #"{"query":"yeast","documents":["swift bird","yeast bread"],"top_n":1}"#).json["results"][0]["index"] == .integer(1))
    #expect(try await site.call(.post, "/rerank", #"{"query":"yeast","texts":["swift bird","yeast bread"]}"#).json[0]["index"] == .integer(1))
    #expect(try await site.call(.get, "/v1/models").json["data"][0]["id"] == .string("bag"))
  }
}
