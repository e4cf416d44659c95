/// Numbers of a network that learns no more, held once for all threads and tapes that compute with them.
public final class FixedParameters: @unchecked Sendable {
  // Written by the initialiser only; then any number of threads may read.
  private let parameters: Parameters

  /// - Parameter values: what there is, row after row.
  /// - Precondition: names differ, and each has as many values as its shape holds.
  public init(_ values: [(name: String, shape: Shape, values: [Float])]) {
    parameters = Parameters(values.map { ($0.name, $0.shape, isTrained: false) })
    for (parameter, given) in zip(parameters.all, values) { parameters[parameter] = given.values }
  }

  /// The numbers of that name as a constant of a tape, which reads them where they are.
  ///
  /// - Precondition: there are numbers of that name.
  public func constant(_ name: String, on tape: Tape) -> Tensor {
    guard let parameter = parameters.parameter(named: name) else { preconditionFailure("there are no numbers called \(name)") }
    return tape.parameter(parameter, of: parameters)
  }
}
