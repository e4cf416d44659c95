"""Fixed-dimensional encodings by the letter of Dhulipala et al., NeurIPS 2024, section 2.1, for FixedDimensionalEncoderTests.

Written without a look at the Swift code's arithmetic: matrices and loops over cells, in double precision. Only the random numbers are
drawn in the same order. Prints Swift; needs NumPy. The output is pasted into Tests/NeedletailIndexTests/EncodingReference.swift.
"""

import math

import numpy as np

MASK = (1 << 64) - 1


class SplitMix:
    """The generator, and how Swift makes doubles and small integers of it."""

    def __init__(self, seed):
        self.state = seed & MASK

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def uniform(self):
        return (self.next() & ((1 << 53) - 1)) * 2.0**-53

    def gaussian(self):
        radius = math.sqrt(-2 * math.log(max(self.uniform(), 2.2250738585072014e-308)))
        return radius * math.cos(2 * math.pi * self.uniform())

    def below(self, bound):
        while True:
            product = (self.next() & 0xFFFFFFFF) * bound
            if (product & 0xFFFFFFFF) >= ((1 << 32) - bound) % bound:
                return product >> 32

    def sign(self):
        return 1.0 if self.next() & 1 == 0 else -1.0


def vectors(count, dimension, seed):
    generator = SplitMix(seed)
    return np.array([[(generator.next() >> 40) * 2.0**-24 - 0.5 for _ in range(dimension)] for _ in range(count)])


def encode(points, side, repetitions, bits, projected, final, fill, seed):
    dimension = points.shape[1]
    cells = 1 << bits
    joined = []
    for repetition in range(repetitions):
        generator = SplitMix(SplitMix(seed).next() + repetition)
        planes = np.array([[np.float32(generator.gaussian()) for _ in range(dimension)] for _ in range(bits)]).reshape(bits, dimension)
        if projected is None:
            psi = points
        else:
            signs = np.array([[generator.sign() for _ in range(dimension)] for _ in range(projected)])
            psi = points @ signs.T / math.sqrt(projected)
        places = points @ planes.T > 0  # one row of bits for each vector
        for cell in range(cells):
            wanted = np.array([(cell >> bit) & 1 for bit in range(bits)], dtype=bool)
            members = (places == wanted).all(axis=1)
            if side == "query":
                block = psi[members].sum(axis=0)
            elif members.any():
                block = psi[members].mean(axis=0)
            elif fill:
                block = psi[(places != wanted).sum(axis=1).argmin()]  # the first of the nearest
            else:
                block = np.zeros(psi.shape[1])
            joined.append(block)
    encoding = np.concatenate(joined)
    if final is None:
        return encoding
    generator = SplitMix(seed ^ 0xF1A1)
    target = [generator.below(final) for _ in encoding]
    signs = [generator.sign() for _ in encoding]
    result = np.zeros(final)
    for value, place, sign in zip(encoding, target, signs):
        result[place] += sign * value
    return result


def main():
    cases = [
        dict(repetitions=2, bits=2, projected=None, final=None, fill=True, seed=1),
        dict(repetitions=2, bits=3, projected=2, final=None, fill=False, seed=42),
        dict(repetitions=3, bits=3, projected=4, final=None, fill=True, seed=7),
        dict(repetitions=4, bits=4, projected=None, final=24, fill=True, seed=2024),
        dict(repetitions=5, bits=2, projected=3, final=20, fill=True, seed=(1 << 63) + 5),
    ]
    swift = lambda value: "nil" if value is None else str(value).lower()
    numbers = lambda array: "[" + ", ".join(f"{value:.7g}" for value in array) + "]"
    print("// Made by Tests/Fixtures/scripts/make_encodings.py.\n")
    print("/// Encodings of five vectors of a query and seven of a document by an independent implementation.")
    print("enum EncodingReference {")
    print("  typealias Case = (repetitions: Int, bits: Int, projected: Int?, final: Int?, fills: Bool, seed: UInt64, query: [Float], document: [Float])\n")
    print("  static let cases: [Case] = [")
    for case in cases:
        query = encode(vectors(5, 6, 100), "query", **case)
        document = encode(vectors(7, 6, 200), "document", **case)
        print(f"    ({case['repetitions']}, {case['bits']}, {swift(case['projected'])}, {swift(case['final'])}, {swift(case['fill'])}, {case['seed']},")
        print(f"     {numbers(query)},")
        print(f"     {numbers(document)}),")
    print("  ]\n}")


if __name__ == "__main__":
    main()
