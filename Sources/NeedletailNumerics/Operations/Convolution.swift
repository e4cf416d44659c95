internal import CNeedletailKernels

/// A window that moves over a picture.
public struct Window: Hashable, Sendable {
  public var height: Int
  public var width: Int
  /// How far it moves.
  public var stride: Int
  /// Zeros around the picture, on each side.
  public var paddingHeight: Int
  public var paddingWidth: Int

  public init(height: Int, width: Int, stride: Int = 1, paddingHeight: Int = 0, paddingWidth: Int = 0) {
    self.height = height
    self.width = width
    self.stride = stride
    self.paddingHeight = paddingHeight
    self.paddingWidth = paddingWidth
  }

  /// Places the window takes in a picture; nil if it does not fit.
  fileprivate func places(in shape: Shape) -> (rows: Int, columns: Int)? {
    guard shape.rank == 4, height > 0, width > 0, stride > 0, paddingHeight >= 0, paddingWidth >= 0 else { return nil }
    let (tall, wide) = (shape[1] + 2 * paddingHeight - height, shape[2] + 2 * paddingWidth - width)
    return tall < 0 || wide < 0 ? nil : (tall / stride + 1, wide / stride + 1)
  }
}

extension Tensor {
  /// A convolution over pictures [count, height, width, channels] with a weight [outputs, height, width, channels]; a sequence
  /// [count, 1, length, channels] makes it one-dimensional. The result is [count, rows, columns, outputs].
  ///
  /// Windows become rows of a matrix, so that the work is one matrix product. Channels come last, other than in PyTorch.
  public func convolved(_ weight: Tensor, bias: Tensor? = nil, window: Window) throws(TensorError) -> Tensor {
    guard let places = window.places(in: shape), weight.shape.rank == 4,
      weight.shape.extents.dropFirst().elementsEqual([window.height, window.width, shape[3]])
    else { throw .shapes(operation: "a convolution", left: shape, right: weight.shape) }
    let size = window.height * window.width * shape[3]
    let kernel = try weight.reshaped([weight.shape[0], size])
    return try unfolded(window, places).linear(kernel, bias: bias).reshaped([shape[0], places.rows, places.columns, weight.shape[0]])
  }

  /// How the entries below a window become one.
  public enum WindowReduction: Sendable {
    case maximum, mean
  }

  /// One number for each place of a window and each channel of pictures [count, height, width, channels]. A window has no padding here.
  public func pooled(_ window: Window, by reduction: WindowReduction) throws(TensorError) -> Tensor {
    guard let places = window.places(in: shape), window.paddingHeight == 0, window.paddingWidth == 0 else {
      throw .shape(operation: "pooling with \(window)", shape, expected: "pictures that the window fits in")
    }
    let channels = shape[3]
    let result = tape.result([shape[0], places.rows, places.columns, channels], of: self)
    let walk = WindowWalk(window, shape, places)
    let scale = 1 / Float(window.height * window.width)
    tape.spread(walk.lineCount, by: walk.linesPerTask(entriesPerPlace: channels * window.height * window.width)) { lines in
      let kernels = unsafe Tape.kernels
      walk.forEachPixel(in: lines) { place, pixel, isFirst in
        let (out, source) = unsafe (result.pointer + place * channels, pointer + pixel)
        switch reduction {
        case .mean: unsafe kernels.scale(source, scale, channels, !isFirst, out)
        case .maximum where isFirst: unsafe out.update(from: source, count: channels)
        case .maximum:
          for channel in 0..<channels { unsafe out[channel] = out[channel] < source[channel] ? source[channel] : out[channel] }
        }
      }
    }
    tape.record(result) { [self] in
      guard let arriving = unsafe result.gradientPointer else { return }
      let sum = unsafe receiveSum()
      // windows overlap within a picture, not between pictures
      tape.spread(shape[0], by: 1) { pictures in
        let kernels = unsafe Tape.kernels
        // what no entry has taken yet: the first of equal entries takes all
        unsafe withUnsafeTemporaryAllocation(of: Float.self, capacity: channels) { rest in
          walk.forEachPixel(in: pictures.lowerBound * places.rows..<pictures.upperBound * places.rows) { place, pixel, isFirst in
            let (slope, target) = unsafe (arriving + place * channels, sum + pixel)
            if reduction == .mean { return unsafe kernels.scale(slope, scale, channels, true, target) }
            let left = rest.baseAddress!
            if isFirst { unsafe left.update(from: slope, count: channels) }
            unsafe kernels.route_maximum(pointer + pixel, result.pointer + place * channels, channels, left, target)
          }
        }
      }
    }
    return result
  }

  /// A row for each place of the window: the entries below it, zeros where it hangs over the edge.
  private func unfolded(_ window: Window, _ places: (rows: Int, columns: Int)) -> Tensor {
    let channels = shape[3]
    let size = window.height * window.width * channels
    let result = tape.result([shape[0] * places.rows * places.columns, size], of: self)
    let walk = WindowWalk(window, shape, places)
    tape.spread(walk.lineCount, by: walk.linesPerTask(entriesPerPlace: size)) { lines in
      if walk.isPadded {
        let rows = lines.lowerBound * places.columns..<lines.upperBound * places.columns
        unsafe (result.pointer + rows.lowerBound * size).update(repeating: 0, count: rows.count * size)
      }
      walk.forEachRun(in: lines) { place, run in
        unsafe (result.pointer + place * size + run.slot * channels).update(from: pointer + run.pixel, count: run.count * channels)
      }
    }
    tape.record(result) { [self] in
      guard let arriving = unsafe result.gradientPointer else { return }
      let sum = unsafe receiveSum()
      tape.spread(shape[0], by: 1) { pictures in
        let kernels = unsafe Tape.kernels
        walk.forEachRun(in: pictures.lowerBound * places.rows..<pictures.upperBound * places.rows) { place, run in
          unsafe kernels.scale(arriving + place * size + run.slot * channels, 1, run.count * channels, true, sum + run.pixel)
        }
      }
    }
    return result
  }
}

/// The places of a window in pictures, line after line of places.
private struct WindowWalk {
  let window: Window
  let height: Int
  let width: Int
  let channels: Int
  let rows: Int
  let columns: Int
  /// Lines of places in all pictures.
  let lineCount: Int

  /// Neighbouring pixels of a line of the window.
  struct Run {
    /// Where the first begins in the pictures.
    var pixel: Int
    /// Which of the window's it is.
    var slot: Int
    var count: Int
  }

  init(_ window: Window, _ shape: Shape, _ places: (rows: Int, columns: Int)) {
    self.window = window
    (height, width, channels) = (shape[1], shape[2], shape[3])
    (rows, columns) = places
    lineCount = shape[0] * places.rows
  }

  var isPadded: Bool { window.paddingHeight > 0 || window.paddingWidth > 0 }

  /// Some ten thousand entries are worth a task.
  func linesPerTask(entriesPerPlace: Int) -> Int { max(1, 32_768 / max(1, columns * entriesPerPlace)) }

  /// Calls `body` for each place of some lines and each line of the window there that is within the picture.
  @inline(__always) func forEachRun(in lines: Range<Int>, _ body: (_ place: Int, _ run: Run) -> Void) {
    for line in lines {
      let (picture, row) = line.quotientAndRemainder(dividingBy: rows)
      for column in 0..<columns {
        let left = column * window.stride - window.paddingWidth
        let (first, end) = (max(0, left), min(width, left + window.width))
        guard first < end else { continue }
        for y in 0..<window.height {
          let pictureLine = row * window.stride + y - window.paddingHeight
          guard pictureLine >= 0, pictureLine < height else { continue }
          body(
            line * columns + column,
            Run(
              pixel: ((picture * height + pictureLine) * width + first) * channels, slot: y * window.width + first - left,
              count: end - first))
        }
      }
    }
  }

  /// The same for each pixel; `isFirst` says that it is the first of its place.
  @inline(__always) func forEachPixel(in lines: Range<Int>, _ body: (_ place: Int, _ pixel: Int, _ isFirst: Bool) -> Void) {
    forEachRun(in: lines) { place, run in
      for x in 0..<run.count { body(place, run.pixel + x * channels, run.slot + x == 0) }
    }
  }
}
