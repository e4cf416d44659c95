import Foundation
import NeedletailText

/// Measures a tokenizer on one thread, or prints the ids of lines for a comparison.
///
/// Arguments: `--model DIRECTORY --lines FILE`, where the file is a JSON array of strings; `--maximum N` to cut inputs;
/// `--ids` to print each line's ids instead of the throughput. `peers/tokenizer.py` runs it side by side with `tokenizers`.
func runTokenizerBenchmark(arguments: [String]) throws {
  let options = try TokenizerBenchmarkOptions(arguments)
  let clock = ContinuousClock()
  let start = clock.now
  let tokenizer = try SubwordTokenizer(directory: options.model)
  let loading = clock.now - start
  let lines = try JSONDecoder().decode([String].self, from: Data(contentsOf: URL(fileURLWithPath: options.lines)))
  guard !options.printsIDs else {
    for line in lines {
      print(tokenizer.encode(line, maximumTokens: options.maximum).ids.map(String.init).joined(separator: " "))
    }
    return
  }
  let bytes = lines.reduce(0) { $0 + $1.utf8.count }
  var best = Duration.seconds(1_000_000)
  var tokens = 0
  for _ in 0..<5 {
    var ids: [Int32] = []
    tokens = 0
    let time = clock.measure {
      for line in lines {
        ids.removeAll(keepingCapacity: true)
        tokens += tokenizer.appendTokens(of: line, maximumTokens: options.maximum, to: &ids)
      }
    }
    best = min(best, time)
  }
  let megabytes = Double(bytes) / 1e6 / (best / .seconds(1))
  print("loading_ms \(loading / .milliseconds(1)) tokens \(tokens) megabytes_per_second \(megabytes)")
}

private struct TokenizerBenchmarkOptions {
  var model = ""
  var lines = ""
  var maximum: Int?
  var printsIDs = false

  struct Misuse: Error, CustomStringConvertible {
    var description: String
  }

  init(_ arguments: [String]) throws {
    var rest = arguments[...]
    while let name = rest.popFirst() {
      switch name {
      case "--model": model = rest.popFirst() ?? ""
      case "--lines": lines = rest.popFirst() ?? ""
      case "--maximum": maximum = rest.popFirst().flatMap { Int($0) }
      case "--ids": printsIDs = true
      default: throw Misuse(description: "unknown argument \(name)")
      }
    }
    guard !model.isEmpty, !lines.isEmpty else { throw Misuse(description: "--model DIRECTORY and --lines FILE are needed") }
  }
}
