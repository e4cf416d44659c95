#if os(Linux)
  import Foundation
  import Testing

  /// The memory of the whole process, as the system counts it, under a budget.
  @Suite struct MemoryBudgetTests {
    private func kilobytes(_ name: String, _ server: RunningServer) throws -> Int {
      let status = try String(contentsOfFile: "/proc/\(server.process.processIdentifier)/status", encoding: .utf8)
      let line = try #require(status.split(separator: "\n").first { $0.hasPrefix(name + ":") })
      return try #require(line.split(separator: " ").dropFirst().first.flatMap { Int($0) })
    }

    /// The most that filling and building indexes ever took is less than twice the budget, which the points fill.
    @Test func buildingAnIndexNeverDoublesTheBudget() throws {
      let budget = 64
      let server = try RunningServer(try Product(), ["--memory-budget", "\(budget)"])
      #expect(try server.request("PUT", "/collections/c", #"{"vectors":{"size":256,"distance":"Dot"}}"#).status == 200)
      var state: UInt64 = 88_172_645_463_325_252
      func number() -> String {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return "0.\(state % 9_000 + 1_000)"
      }
      let before = try kilobytes("VmRSS", server)
      var stored = 0
      var refusal = ""
      while refusal.isEmpty, stored < 100_000 {
        let points = (stored..<stored + 250).map { #"{"id":\#($0),"vector":[\#((0..<256).map { _ in number() }.joined(separator: ","))]}"# }
        let reply = try server.request("PUT", "/collections/c/points?wait=true", #"{"points":[\#(points.joined(separator: ","))]}"#)
        if reply.status == 200 { stored += 250 } else { refusal = reply.text }
      }
      #expect(refusal.contains("Memory budget reached") && stored > 20_000, "\(stored) points: \(refusal)")
      for _ in 0..<1_200 where try server.request("GET", "/collections/c").text.contains("\"yellow\"") { Thread.sleep(forTimeInterval: 0.1) }
      let info = try server.request("GET", "/collections/c").text
      let indexed = try #require(info.firstMatch(of: /"indexed_vectors_count":(\d+)/).flatMap { Int($0.1) })
      #expect(indexed >= stored - 4_096, "\(indexed) of \(stored) are indexed")
      let grown = (try kilobytes("VmHWM", server) - before) / 1_024
      #expect(grown < 2 * budget, "\(grown) MiB more at most, with a budget of \(budget)")
      let memory = try server.request("GET", "/collections/c/memory").text
      #expect(memory.contains("\"budget\":\(budget << 20)") && memory.contains("\"mapped_graphs\""))
      let metrics = try server.request("GET", "/metrics").text
      for name in ["collection_memory_bytes{id=\"c\",part=\"codes\"}", "collection_memory_budget_bytes{id=\"c\"}", "collection_memory_mapped_resident_bytes{id=\"c\"}"] {
        #expect(metrics.contains(name), "\(name)")
      }
      #expect(server.stop() == 0)
    }
  }
#endif
