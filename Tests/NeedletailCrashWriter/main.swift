import Foundation
import NeedletailStore

// The other process of the store's tests. It says on standard output what it has done, line by line, and is killed.
//
//   write DATA SEED   applies the script of the seed batch by batch: "begin N", then "ack N" once it is durable
//   hold DATA         opens for writing, says "held", waits for the end of standard input
//   read DATA         opens for reading and prints how many documents a dense search finds

let arguments = CommandLine.arguments
guard arguments.count >= 3 else {
  say("usage: NeedletailCrashWriter write|hold|read DATA [SEED]")
  exit(64)
}
do {
  let directory = DataDirectory(path: arguments[2])
  switch arguments[1] {
  case "write": try await write(in: directory, seed: arguments.count > 3 ? UInt64(arguments[3]) ?? 0 : 0)
  case "hold": try await hold(in: directory)
  default: try read(in: directory)
  }
} catch {
  say("error \(error)")
  exit(1)
}

/// Unbuffered, since whoever is killed does not flush.
func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

func write(in directory: DataDirectory, seed: UInt64) async throws {
  let collection = try CrashScript.open(in: directory)
  say("open")
  var script = CrashScript(seed: seed)
  for number in 0... {
    let batch = script.next()
    say("begin \(number)")
    try await batch.apply(to: collection)
    say("ack \(number)")
    // Builds of segments run beside the writes, so that kills hit those, too.
    if batch.settles { Task { try await collection.settle() } }
  }
}

func hold(in directory: DataDirectory) async throws {
  let collection = try CrashScript.open(in: directory)
  say("held")
  while readLine() != nil {}
  await collection.close()
}

func read(in directory: DataDirectory) throws {
  let collection = try DocumentCollection.open(CrashScript.collection, in: directory, access: .read)
  let snapshot = try collection.snapshot()
  let found = try snapshot.nearest(to: CrashScript.vector(seed: 1), limit: snapshot.passageCount)
  say("found \(found.count) of \(snapshot.passageCount)")
  do {
    _ = try DocumentCollection.open(CrashScript.collection, in: directory, access: .write)
    say("writable")
  } catch {
    say("refused \(error.category)")
  }
}
