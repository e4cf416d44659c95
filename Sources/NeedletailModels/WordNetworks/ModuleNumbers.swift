internal import NeedletailNumerics

/// The numbers of one module, each tensor checked for its shape and for numbers that are none.
struct ModuleNumbers {
  private let files: WeightFiles

  init(folder: String) throws(ModelError) { files = try WeightFiles(folder: folder) }

  func values(_ name: String, shape: [Int]) throws(ModelError) -> [Float] {
    guard let tensor = files.tensor(named: name) else { throw .tensor(path: files.path, name: name, reason: "is missing") }
    guard tensor.shape == shape else {
      throw .tensor(path: files.path, name: name, reason: "has the shape \(tensor.shape) where \(shape) is expected")
    }
    guard [.float32, .float16, .bfloat16].contains(tensor.elementType) else {
      throw .tensor(path: files.path, name: name, reason: "is stored as \(tensor.elementType.rawValue), not as F32, F16 or BF16")
    }
    let values = files.floats(tensor)
    guard values.allSatisfy(\.isFinite) else { throw .tensor(path: files.path, name: name, reason: "holds numbers that are not finite") }
    return values
  }

  func vector(_ name: String, count: Int) throws(ModelError) -> [Float] { try values(name, shape: [count]) }

  /// Rows and columns of a matrix, its numbers unread.
  func matrixShape(_ name: String) throws(ModelError) -> (rows: Int, columns: Int) {
    guard let shape = files.tensor(named: name)?.shape else { throw .tensor(path: files.path, name: name, reason: "is missing") }
    guard shape.count == 2 else { throw .tensor(path: files.path, name: name, reason: "has the shape \(shape) where a matrix is expected") }
    guard shape[0] > 0, shape[1] > 0 else { throw .tensor(path: files.path, name: name, reason: "is empty") }
    return (shape[0], shape[1])
  }
}
