internal import ArgumentParser
internal import Foundation
internal import Needletail

struct LocateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "locate",
    abstract: "Find the photographs that see what a photograph sees.",
    discussion: """
      Pictures are portable graymaps of 8 bits (.pgm, .pgm.gz). Corners are described, and the pictures are ranked by the nearest \
      description of each, for every corner of the question.
      """)

  /// How the nearest descriptions are found.
  private enum Method: String, ExpressibleByArgument { case exact, tree, grids }

  /// A picture and how much of the question it covers.
  private struct Found: Encodable {
    let path: String
    let score: Float
  }

  @Argument(help: "The photograph that is the question.", completion: .file()) var query: String
  @Option(parsing: .upToNextOption, help: ArgumentHelp("Photographs, or folders of them.", valueName: "PATH"), completion: .file())
  var among: [String]
  @Option(help: ArgumentHelp("exact, tree (exact too) or grids (random grids).", valueName: "NAME")) private var method = Method.tree
  @Option(help: ArgumentHelp("The distance of descriptions from which on they do not match.", valueName: "R")) var radius = 0.8
  @Option(help: ArgumentHelp("Most corners of a picture.", valueName: "N")) var features = 500
  @Option(name: .shortAndLong, help: ArgumentHelp("Number of pictures.", valueName: "N")) var top = 10
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (1...10_000).contains(top), (1...100_000).contains(features) else {
      throw ValidationError("--top takes 1 to 10000, --features 1 to 100000")
    }
  }

  func run() throws {
    let paths = try among.flatMap(Self.pictures)
    let extractor = LocalFeatures(limit: features)
    let question = extractor.describe(try GrayImage(graymap: query))
    let index = try FeatureSetIndex(
      extractor.describe(try paths.map { try GrayImage(graymap: $0) }), kernel: MatchKernel(radius: radius))
    let neighbours =
      switch method {
      case .exact: try index.search(question, limit: top)
      case .tree: try ColoredBallTree(index).search(question, limit: top)
      case .grids: try RandomGrids(index, parameters: .init(near: radius / 4)).search(question, limit: top)
      }
    let found = neighbours.map { Found(path: paths[Int($0.row)], score: $0.score) }
    if output.json { return try JSONOutput.write(found) }
    var table = Table([("score", .right), ("picture", .left)])
    for picture in found { table.add([Units.fixed(Double(picture.score), 4), picture.path.withoutControlCharacters]) }
    Terminal.standardOutput.write(found.isEmpty ? "Nothing found.\n" : table.rendered(for: .standardOutput))
  }

  /// The pictures of a folder in order of their names, or the file itself.
  private static func pictures(_ path: String) throws -> [String] {
    var isFolder: ObjCBool = false
    guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else { return [path] }
    return try FileManager.default.contentsOfDirectory(atPath: path)
      .filter { $0.hasSuffix(".pgm") || $0.hasSuffix(".pgm.gz") }.sorted().map { "\(path)/\($0)" }
  }
}
