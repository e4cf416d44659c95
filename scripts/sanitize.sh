#!/usr/bin/env bash
# Runs tests under a sanitizer: for accesses outside of memory (address), or for data races (thread).
#   scripts/sanitize.sh address|thread [FILTER]
# FILTER is a regular expression over the names of tests; without it, those of the indexes. Objects are kept in .build-SANITIZER,
# beside those of ordinary builds. NEEDLETAIL_STRESS_SECONDS makes the stress of the changing graph longer:
#   NEEDLETAIL_STRESS_SECONDS=600 scripts/sanitize.sh thread ChangingGraphTests
set -euo pipefail
cd "$(dirname "$0")/.."
sanitizer="${1:-}"
case "$sanitizer" in
  address | thread) ;;
  *) echo "usage: scripts/sanitize.sh address|thread [FILTER]" >&2; exit 2 ;;
esac
# A finding ends the run with an error, at once for threads. Leaks are no concern: the process ends.
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_leaks=0}"
export TSAN_OPTIONS="${TSAN_OPTIONS:-halt_on_error=1}"
# On Linux the thread sanitizer does not see Swift's own Mutex; rooms that have a VisibleMutex take locks that it does see.
flags=()
[ "$sanitizer" = address ] || flags=(-Xswiftc -DVISIBLE_LOCKS)
exec swift test -c release --sanitize="$sanitizer" ${flags[@]+"${flags[@]}"} --scratch-path ".build-$sanitizer" --filter "${2:-NeedletailIndexTests}"
