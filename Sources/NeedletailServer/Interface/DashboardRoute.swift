internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import NeedletailPoints

/// The page that shows the collections of points to operators. It holds nothing itself; its script asks for
/// `/dashboard/state.json`, with a key where the server wants one.
struct DashboardRoute: Sendable {
  let templates: Templates
  let points: PointService

  struct Page: Sendable {
    let frame = PageFrame(pageTitle: "Collections · Needletail", homeHref: "/", bodyClass: "plain")
    let dashboardHref = Assets.dashboard.href
  }

  func add(to router: Router<BasicRequestContext>) {
    router.get("/dashboard") { _, _ in try Response.html(templates.render("dashboard", Page())) }
    router.get("/dashboard/state.json") { _, _ -> Response in
      do throws(PointError) {
        return Response.points(ByteBuffer(bytes: try state().bytes))
      } catch {
        return PointRefusal(error).response(0)
      }
    }
  }

  private func state() throws(PointError) -> JSONText {
    let library = try points.library()
    let collections = library.names.filter(AccessScope.current.sees).compactMap { try? library.collection($0) }
    let models = points.modelNames
    lazy var pages = MappedPages()
    return JSONText { writer in
      writer.object { writer in
        writer.member("collections") { writer in writer.array { writer in for collection in collections { describe(collection, collection.memory(pages), &writer) } } }
        writer.member("models") { writer in writer.array { writer in for model in models { writer.string(model) } } }
        writer.member("residentBytes") { $0.integer(ProcessMemory.residentBytes) }
        writer.member("notices") { writer in writer.array { writer in for notice in library.notices { writer.string(notice) } } }
      }
    }
  }

  private func describe(_ collection: PointCollection, _ memory: PointMemory, _ writer: inout JSONWriter) {
    let snapshot = collection.snapshot()
    writer.object { writer in
      writer.member("name") { $0.string(snapshot.name) }
      writer.member("points") { $0.integer(snapshot.count) }
      writer.member("vectors") { $0.integer(snapshot.vectorCount) }
      writer.member("indexed") { $0.integer(snapshot.indexedVectorCount) }
      writer.member("optimizer") { $0.string(collection.isIndexing ? "building" : "idle") }
      writer.member("vectorNames") { writer in writer.array { writer in for name in snapshot.settings.schema.byName.keys.sorted() { writer.string(name) } } }
      writer.member("diskBytes") { $0.integer(collection.diskBytes) }
      writer.member("memory") { writer in
        writer.object { writer in
          writer.member("vectors") { $0.integer(memory.vectors) }
          writer.member("codes") { $0.integer(memory.codes) }
          writer.member("payload") { $0.integer(memory.payload) }
          writer.member("points") { $0.integer(memory.points) }
          writer.member("graphs") { $0.integer(memory.graphs) }
          writer.member("mappedGraphs") { $0.integer(memory.mappedGraphs) }
          writer.member("mappedResident") { $0.integer(memory.mappedResident) }
          writer.member("resident") { $0.integer(memory.resident) }
          writer.key("budget")
          if let budget = memory.budget { writer.integer(budget) } else { writer.null() }
        }
      }
    }
  }
}

/// What the process takes.
enum ProcessMemory {
  /// Bytes in memory; 0 where the system does not say.
  static var residentBytes: Int {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") })
    else { return 0 }
    return (line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) << 10
  }
}
