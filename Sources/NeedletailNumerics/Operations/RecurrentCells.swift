internal import CNeedletailKernels

/// What one step of a recurrent layer does to each row of a batch, and its gradient.
protocol RecurrentCell {
  /// Numbers that the backward pass needs of each unit.
  static var keptPerUnit: Int { get }
  /// Whether a state reaches the next one also past the product with the recurrent weight.
  static var carriesDirectly: Bool { get }
  /// Whether what enters and what recurs have gradients of their own.
  static var slopesDiffer: Bool { get }

  @unsafe static func forward(_ step: RecurrentStep, _ row: Int)
  @unsafe static func backward(_ step: RecurrentSlope, _ row: Int)
}

/// Where a step finds the rows of a batch and puts them.
@unsafe struct RecurrentStep {
  let units: Int
  /// Gates times units: the projected input, and the product of the state with the recurrent weight.
  let entering: UnsafePointer<Float>
  let recurrent: UnsafePointer<Float>
  /// The state before; nil for zeros.
  let before: UnsafePointer<Float>?
  let state: UnsafeMutablePointer<Float>
  let keptBefore: UnsafePointer<Float>?
  let kept: UnsafeMutablePointer<Float>

  init(
    units: Int, entering: UnsafeMutablePointer<Float>, recurrent: UnsafeMutablePointer<Float>, before: UnsafeMutablePointer<Float>?,
    state: UnsafeMutablePointer<Float>, keptBefore: UnsafeMutablePointer<Float>?, kept: UnsafeMutablePointer<Float>
  ) {
    unsafe self.units = units
    unsafe self.entering = UnsafePointer(entering)
    unsafe self.recurrent = UnsafePointer(recurrent)
    unsafe self.before = UnsafePointer(before)
    unsafe self.state = state
    unsafe self.keptBefore = UnsafePointer(keptBefore)
    unsafe self.kept = kept
  }
}

/// Where the gradient of a step finds the rows of a batch and puts them.
@unsafe struct RecurrentSlope {
  let units: Int
  /// From the outside, and from the step behind if there is one.
  let arriving: UnsafeMutablePointer<Float>
  let carried: UnsafeMutablePointer<Float>
  let hasLater: Bool
  let before: UnsafeMutablePointer<Float>?
  let kept: UnsafeMutablePointer<Float>
  let keptBefore: UnsafeMutablePointer<Float>?
  /// Of what a cell keeps besides its state; zeros at first.
  let running: UnsafeMutablePointer<Float>
  let entering: UnsafeMutablePointer<Float>
  let recurrent: UnsafeMutablePointer<Float>
}

/// Keeps the four gates, the content of the cell and its hyperbolic tangent.
enum LongShortTermCell: RecurrentCell {
  static let keptPerUnit = 6
  static let carriesDirectly = false
  static let slopesDiffer = false

  @unsafe static func forward(_ step: RecurrentStep, _ row: Int) {
    let units = unsafe step.units
    let kernels = unsafe Tape.kernels
    let gates = unsafe step.kept + row * keptPerUnit * units
    let (content, squashed) = unsafe (gates + 4 * units, gates + 5 * units)
    unsafe kernels.scale(step.entering + row * 4 * units, 1, 4 * units, false, gates)
    unsafe kernels.scale(step.recurrent + row * 4 * units, 1, 4 * units, true, gates)
    unsafe kernels.apply(NEEDLETAIL_FUNCTION_SIGMOID, gates, 2 * units, gates)
    unsafe kernels.apply(NEEDLETAIL_FUNCTION_TANH, gates + 2 * units, units, gates + 2 * units)
    unsafe kernels.apply(NEEDLETAIL_FUNCTION_SIGMOID, gates + 3 * units, units, gates + 3 * units)
    unsafe kernels.multiply(gates, gates + 2 * units, units, false, content)
    if let before = unsafe step.keptBefore {
      unsafe kernels.multiply(gates + units, before + row * keptPerUnit * units + 4 * units, units, true, content)
    }
    unsafe kernels.apply(NEEDLETAIL_FUNCTION_TANH, content, units, squashed)
    unsafe kernels.multiply(gates + 3 * units, squashed, units, false, step.state + row * units)
  }

  @unsafe static func backward(_ step: RecurrentSlope, _ row: Int) {
    let units = unsafe step.units
    let gates = unsafe step.kept + row * keptPerUnit * units
    let squashed = unsafe gates + 5 * units
    let contentBefore = unsafe step.keptBefore.map { unsafe $0 + row * keptPerUnit * units + 4 * units }
    let (arriving, carried) = unsafe (step.arriving + row * units, step.carried + row * units)
    let (running, slopes) = unsafe (step.running + row * units, step.recurrent + row * 4 * units)
    let weight: Float = unsafe step.hasLater ? 1 : 0
    // memory that nobody has written yet may hold what times zero is no zero
    if weight == 0 { unsafe carried.update(repeating: 0, count: units) }
    for unit in 0..<units {
      let (entering, forgetting) = unsafe (gates[unit], gates[units + unit])
      let (candidate, leaving, tanh) = unsafe (gates[2 * units + unit], gates[3 * units + unit], squashed[unit])
      let slope = unsafe arriving[unit] + carried[unit]
      let content = unsafe running[unit] + slope * leaving * (1 - tanh * tanh)
      unsafe slopes[unit] = content * candidate * entering * (1 - entering)
      unsafe slopes[2 * units + unit] = content * entering * (1 - candidate * candidate)
      unsafe slopes[3 * units + unit] = slope * tanh * leaving * (1 - leaving)
      unsafe running[unit] = content * forgetting
      unsafe slopes[units + unit] = content * forgetting * (1 - forgetting)
    }
    if let contentBefore = unsafe contentBefore {
      unsafe Tape.kernels.multiply(slopes + units, contentBefore, units, false, slopes + units)
    } else {
      unsafe (slopes + units).update(repeating: 0, count: units)
    }
  }
}

/// Keeps the three gates and what the reset gate is multiplied with.
enum GatedCell: RecurrentCell {
  static let keptPerUnit = 4
  static let carriesDirectly = true
  static let slopesDiffer = true

  @unsafe static func forward(_ step: RecurrentStep, _ row: Int) {
    let units = unsafe step.units
    let kernels = unsafe Tape.kernels
    let gates = unsafe step.kept + row * keptPerUnit * units
    let (entering, recurrent) = unsafe (step.entering + row * 3 * units, step.recurrent + row * 3 * units)
    unsafe kernels.scale(entering, 1, 3 * units, false, gates)
    unsafe kernels.scale(recurrent, 1, 2 * units, true, gates)
    unsafe kernels.apply(NEEDLETAIL_FUNCTION_SIGMOID, gates, 2 * units, gates)
    unsafe (gates + 3 * units).update(from: recurrent + 2 * units, count: units)
    unsafe kernels.multiply(gates, gates + 3 * units, units, true, gates + 2 * units)
    unsafe kernels.apply(NEEDLETAIL_FUNCTION_TANH, gates + 2 * units, units, gates + 2 * units)
    let state = unsafe step.state + row * units
    for unit in 0..<units {
      let (update, candidate) = unsafe (gates[units + unit], gates[2 * units + unit])
      // (1 - z) n + z h
      unsafe state[unit] = candidate - update * candidate
    }
    if let before = unsafe step.before { unsafe kernels.multiply(gates + units, before + row * units, units, true, state) }
  }

  @unsafe static func backward(_ step: RecurrentSlope, _ row: Int) {
    let units = unsafe step.units
    let gates = unsafe step.kept + row * keptPerUnit * units
    let before = unsafe step.before.map { unsafe $0 + row * units }
    let (arriving, carried) = unsafe (step.arriving + row * units, step.carried + row * units)
    let (entering, recurrent) = unsafe (step.entering + row * 3 * units, step.recurrent + row * 3 * units)
    if unsafe !step.hasLater { unsafe carried.update(repeating: 0, count: units) }
    for unit in 0..<units {
      let (reset, update, candidate) = unsafe (gates[unit], gates[units + unit], gates[2 * units + unit])
      let slope = unsafe arriving[unit] + carried[unit]
      let state: Float = if let before = unsafe before { unsafe before[unit] } else { 0 }
      let inner = slope * (1 - update) * (1 - candidate * candidate)
      let resetSlope = unsafe inner * gates[3 * units + unit] * reset * (1 - reset)
      let updateSlope = slope * (state - candidate) * update * (1 - update)
      unsafe entering[unit] = resetSlope
      unsafe entering[units + unit] = updateSlope
      unsafe entering[2 * units + unit] = inner
      unsafe recurrent[unit] = resetSlope
      unsafe recurrent[units + unit] = updateSlope
      unsafe recurrent[2 * units + unit] = inner * reset
      // what reaches the state before without the product, which is then added
      unsafe carried[unit] = slope * update
    }
  }
}
