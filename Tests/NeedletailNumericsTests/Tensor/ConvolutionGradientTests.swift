import Foundation
import NeedletailNumerics
import Testing

@Suite struct ConvolutionGradientTests {
  private static let shape: Shape = [2, 4, 5, 3]

  /// The entry of a picture, zero outside.
  private func pixel(_ x: [Double], _ image: Int, _ row: Int, _ column: Int, _ channel: Int) -> Double {
    let (height, width, channels) = (4, 5, 3)
    if row < 0 || row >= height || column < 0 || column >= width { return 0 }
    return x[((image * height + row) * width + column) * channels + channel]
  }

  @Test(arguments: [Window(height: 3, width: 2), Window(height: 2, width: 3, stride: 2, paddingHeight: 1, paddingWidth: 2)])
  func convolutions(window: Window) throws {
    let rows = (4 + 2 * window.paddingHeight - window.height) / window.stride + 1
    let columns = (5 + 2 * window.paddingWidth - window.width) / window.stride + 1
    let weight: Shape = [2, window.height, window.width, 3]
    try GradientCheck(shapes: [Self.shape, weight, [2]])({ try $0[0].convolved($0[1], bias: $0[2], window: window) }) { (inputs: [[Double]]) -> [Double] in
      var out: [Double] = []
      for image in 0..<2 {
        for row in 0..<rows {
          for column in 0..<columns {
            for output in 0..<2 {
              var sum = inputs[2][output]
              for y in 0..<window.height {
                for x in 0..<window.width {
                  for channel in 0..<3 {
                    let place = ((output * window.height + y) * window.width + x) * 3 + channel
                    let (line, at) = (row * window.stride + y - window.paddingHeight, column * window.stride + x - window.paddingWidth)
                    sum += inputs[1][place] * pixel(inputs[0], image, line, at, channel)
                  }
                }
              }
              out.append(sum)
            }
          }
        }
      }
      return out
    }
  }

  @Test(arguments: [Tensor.WindowReduction.maximum, .mean]) func pooling(reduction: Tensor.WindowReduction) throws {
    let window = Window(height: 2, width: 3, stride: 2)
    try GradientCheck(shapes: [Self.shape])({ try $0[0].pooled(window, by: reduction) }) { (inputs: [[Double]]) -> [Double] in
      var out: [Double] = []
      for image in 0..<2 {
        for row in 0..<2 {
          for column in 0..<2 {
            for channel in 0..<3 {
              var below: [Double] = []
              for y in 0..<2 { for x in 0..<3 { below.append(pixel(inputs[0], image, row * 2 + y, column * 2 + x, channel)) } }
              out.append(reduction == .maximum ? below.max() ?? 0 : below.reduce(0, +) / 6)
            }
          }
        }
      }
      return out
    }
  }

  @Test func windowsThatDoNotFitAreErrors() throws {
    let tape = Tape()
    let x = try tape.constant([Float](repeating: 0, count: 120), shape: Self.shape)
    let weight = try tape.constant([Float](repeating: 0, count: 2 * 5 * 3), shape: [2, 5, 1, 3])
    #expect(throws: TensorError.shapes(operation: "a convolution", left: Self.shape, right: weight.shape)) {
      try x.convolved(weight, window: Window(height: 5, width: 1))
    }
  }
}
