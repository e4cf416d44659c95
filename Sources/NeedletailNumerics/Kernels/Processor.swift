internal import CNeedletailKernels

/// What the processor at hand offers to the kernels.
public enum Processor {
  /// The instruction set in use: `serial`, `neon`, `avx2` or `avx512`. `NEEDLETAIL_ISA` lowers it.
  public static var instructionSet: String {
    unsafe String(cString: needletail_isa_name(needletail_cpu_current().pointee.isa))
  }

  /// Whether products of bfloat16 have instructions of their own; without them they are slower than those of float.
  public static var multipliesBFloat16: Bool { unsafe needletail_cpu_current().pointee.avx512_bf16 }
}

/// The table of kernels for the processor at hand; it lives as long as the process.
var kernels: needletail_kernels { unsafe needletail_kernels_current().pointee }
