#!/usr/bin/env bash
# Runs tests under a sanitizer: for accesses outside of memory (address), undefined behaviour (undefined), or data races (thread).
#   scripts/sanitize.sh address|undefined|thread [FILTER]
# FILTER is a regular expression over the names of tests; without it, those of the indexes. Objects are kept in .build-SANITIZER,
# beside those of ordinary builds. NEEDLETAIL_STRESS_SECONDS makes the stress of the changing graph longer, NEEDLETAIL_FUZZ_ROUNDS forges
# more index files of each format:
#   NEEDLETAIL_STRESS_SECONDS=600 scripts/sanitize.sh thread ChangingGraphTests
#   NEEDLETAIL_FUZZ_ROUNDS=2000 scripts/sanitize.sh address 'ForgedFileTests|LexicalIndexTests|KernelTests'
set -euo pipefail
cd "$(dirname "$0")/.."
sanitizer="${1:-}"
options=()
case "$sanitizer" in
  # Sections of index files are copied: a sanitizer sees where allocations end, but not where sections of a mapping do.
  address | undefined) options=(-Xswiftc -DNEEDLETAIL_COPIES_SECTIONS) ;;
  # On Linux the thread sanitizer does not see Swift's own Mutex; rooms that have a VisibleMutex take locks that it does see.
  thread) options=(-Xswiftc -DVISIBLE_LOCKS) ;;
  *) echo "usage: scripts/sanitize.sh address|undefined|thread [FILTER]" >&2; exit 2 ;;
esac
# A finding ends the run with an error, at once for threads. Leaks are no concern: the process ends.
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_leaks=0}"
export TSAN_OPTIONS="${TSAN_OPTIONS:-halt_on_error=1}"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1}"
exec swift test -c release --sanitize="$sanitizer" "${options[@]}" --scratch-path ".build-$sanitizer" --filter "${2:-NeedletailIndexTests}"
