import Foundation
import NeedletailNumerics
import Synchronization
import Testing

@Suite struct WorkerPoolTests {
  /// How often each task ran.
  private final class Tally: Sendable {
    let counts: Mutex<[Int]>
    init(_ count: Int) { counts = Mutex([Int](repeating: 0, count: count)) }
    func mark(_ task: Int) { counts.withLock { $0[task] += 1 } }
    var isOneEach: Bool { counts.withLock { $0.allSatisfy { $0 == 1 } } }
  }

  @Test(arguments: [1, 2, 3, 8])
  func runsEveryTaskOnce(threads: Int) {
    let pool = WorkerPool(threadCount: threads)
    for count in [0, 1, 2, 3, 17, 1000] {
      let tally = Tally(count)
      pool.forEach(count) { tally.mark($0) }
      #expect(tally.isOneEach)
    }
  }

  @Test func allTasksHaveEndedWhenItReturns() {
    let pool = WorkerPool(threadCount: 4)
    for _ in 0..<2000 {
      let done = Atomic(0)
      pool.forEach(5) { _ in done.add(1, ordering: .relaxed) }
      #expect(done.load(ordering: .relaxed) == 5)
    }
  }

  @Test func tasksMayCallAgain() {
    let pool = WorkerPool(threadCount: 3)
    let tally = Tally(6 * 7 * 5)
    pool.forEach(6) { a in
      pool.forEach(7) { b in
        pool.forEach(5) { c in tally.mark((a * 7 + b) * 5 + c) }
      }
    }
    #expect(tally.isOneEach)
  }

  @Test func manyMayCallAtTheSameTime() async {
    let pool = WorkerPool(threadCount: 3)
    let tally = Tally(16 * 100 * 4)
    await withTaskGroup(of: Void.self) { group in
      for caller in 0..<16 {
        group.addTask {
          for round in 0..<100 { pool.forEach(4) { tally.mark((caller * 100 + round) * 4 + $0) } }
        }
      }
    }
    #expect(tally.isOneEach)
  }

  @Test func sleepingThreadsWakeUp() {
    let pool = WorkerPool(threadCount: 4)
    for _ in 0..<20 {
      Thread.sleep(forTimeInterval: 0.002)
      let tally = Tally(8)
      pool.forEach(8) { tally.mark($0) }
      #expect(tally.isOneEach)
    }
  }

  @Test func poolsEndWithTheirLastReference() {
    for _ in 0..<50 {
      let pool = WorkerPool(threadCount: 4)
      let tally = Tally(8)
      pool.forEach(8) { tally.mark($0) }
      #expect(tally.isOneEach)
    }
  }
}
