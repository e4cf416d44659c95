#!/usr/bin/env bash
# Runs the tests that open forged and damaged files, and those of the kernels, under the address sanitizer and the
# undefined-behaviour sanitizer, for Swift and C: `scripts/sanitizer-test.sh [address|undefined ...]`. NEEDLETAIL_FUZZ_ROUNDS sets how many files
# are forged of each format (1000 without). Sections of index files are copied here, so that a read behind one is seen.
set -euo pipefail
cd "$(dirname "$0")/.."
export NEEDLETAIL_FUZZ_ROUNDS="${NEEDLETAIL_FUZZ_ROUNDS:-1000}"
filter="ForgedFileTests|LexicalFileTests|LexicalIndexTests|FieldedLexicalIndexTests|SparseIndexTests|MultiVectorIndexTests|PostingKernelTests|SparseKernelTests|RankKeyOrderingTests"
for sanitizer in "${@:-address undefined}"; do
  for name in $sanitizer; do
    echo "== $name"
    swift test -c release --sanitize "$name" --scratch-path ".build-$name" -Xswiftc -DNEEDLETAIL_COPIES_SECTIONS --filter "$filter"
  done
done
