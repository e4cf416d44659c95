#!/usr/bin/env bash
# Kills indexing and training processes at random moments (fifty times, or as many as the first argument says) and checks that
# nothing acknowledged is lost, that the collection always opens again, and that a training ends in the same bits. The unit
# tests run a short form of it.
set -euo pipefail
cd "$(dirname "$0")/.."
NEEDLETAIL_CRASH_KILLS="${1:-50}" swift test -c release --filter "CrashTests|InterruptedIndexingTests|InterruptedTrainingTests"
