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
    let scale = reduction == .mean ? 1 / Float(window.height * window.width) : 1
    var winners = [Int32](repeating: 0, count: reduction == .maximum ? result.shape.count : 0)
    forEachPlace(window, places) { place, sources in
      for channel in 0..<channels {
        let out = place * channels + channel
        switch reduction {
        case .mean:
          var sum: Float = 0
          for source in sources { unsafe sum += pointer[source.entry + channel] }
          unsafe result.pointer[out] = sum * scale
        case .maximum:
          var best = sources[0].entry + channel
          for source in sources where unsafe pointer[source.entry + channel] > pointer[best] { best = source.entry + channel }
          winners[out] = Int32(best)
          unsafe result.pointer[out] = pointer[best]
        }
      }
    }
    tape.record(result) { [self, winners] in
      guard let arriving = unsafe result.gradientPointer else { return }
      let sum = unsafe receiveSum()
      if reduction == .maximum {
        for (out, best) in winners.enumerated() { unsafe sum[Int(best)] += arriving[out] }
        return
      }
      forEachPlace(window, places) { place, sources in
        for source in sources {
          for channel in 0..<channels { unsafe sum[source.entry + channel] += scale * arriving[place * channels + channel] }
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
    unsafe result.pointer.update(repeating: 0, count: result.shape.count)
    forEachPlace(window, places) { place, sources in
      for source in sources {
        unsafe (result.pointer + place * size + source.slot * channels).update(from: pointer + source.entry, count: channels)
      }
    }
    tape.record(result) { [self] in
      guard let arriving = unsafe result.gradientPointer else { return }
      let sum = unsafe receiveSum()
      forEachPlace(window, places) { place, sources in
        for source in sources {
          let from = unsafe arriving + place * size + source.slot * channels
          for channel in 0..<channels { unsafe sum[source.entry + channel] += from[channel] }
        }
      }
    }
    return result
  }

  /// Calls `body` for each place of a window with where its pixels begin, and which of the window's they are; those outside of the picture
  /// are left out.
  private func forEachPlace(
    _ window: Window, _ places: (rows: Int, columns: Int), _ body: (_ place: Int, _ sources: [(entry: Int, slot: Int)]) -> Void
  ) {
    var sources: [(entry: Int, slot: Int)] = []
    for image in 0..<shape[0] {
      for row in 0..<places.rows {
        for column in 0..<places.columns {
          sources.removeAll(keepingCapacity: true)
          for y in 0..<window.height {
            let line = row * window.stride + y - window.paddingHeight
            if line < 0 || line >= shape[1] { continue }
            for x in 0..<window.width {
              let pixel = column * window.stride + x - window.paddingWidth
              if pixel < 0 || pixel >= shape[2] { continue }
              sources.append((((image * shape[1] + line) * shape[2] + pixel) * shape[3], y * window.width + x))
            }
          }
          body((image * places.rows + row) * places.columns + column, sources)
        }
      }
    }
  }
}
