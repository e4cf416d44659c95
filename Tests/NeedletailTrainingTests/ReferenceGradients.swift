import Foundation
import NeedletailTraining
import Testing

/// What PyTorch computed of a network; see Fixtures/scripts/make_training.py.
struct ReferenceGradients: Decodable {
  struct Gradient: Decodable {
    let norm: Double
    /// Places and values.
    let entries: [[Double]]
  }

  let sequences: [[Int32]]
  /// The first state of each sequence, or the weights of its terms.
  let firstStates: [[Float]]
  private let gradients: [String: Gradient]

  /// - Parameter name: of the file, behind `gradients-`.
  init(named name: String) throws {
    let url = try #require(Bundle.module.url(forResource: "Fixtures/gradients-\(name)", withExtension: "json"))
    self = try JSONDecoder().decode(Self.self, from: Data(contentsOf: url))
  }

  /// What both differentiated: an arbitrary direction in rows of so many columns.
  static func direction(rows: Int, columns: Int) -> [Float] {
    (0..<rows * columns).map { Float(sin(Double($0 / columns) * 7 + Double($0 % columns) * 3)) }
  }

  /// Expects the same tensors to have gradients, and these to agree within a thousandth.
  func expectAgreement(of found: [String: [Float]]) throws {
    #expect(Set(found.keys) == Set(gradients.keys))
    for (tensor, wanted) in gradients {
      let found = try #require(found[tensor])
      let norm = found.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
      #expect(abs(norm - wanted.norm) <= 1e-3 * wanted.norm + 1e-4, "\(tensor): norm \(norm), expected \(wanted.norm)")
      for entry in wanted.entries {
        let difference = abs(Double(found[Int(entry[0])]) - entry[1])
        #expect(difference <= 1e-3 * max(1, abs(entry[1])), "\(tensor) at \(entry[0]): \(found[Int(entry[0])]), expected \(entry[1])")
      }
    }
  }
}
