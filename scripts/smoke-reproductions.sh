#!/usr/bin/env bash
# Runs every recipe of the catalogue at its smallest scale, as long as there is time: a check that recipes still run, not of their
# verdicts, which belong to larger scales. What is left out for lack of time is named. Fails if a reproduction fails.
#
#   scripts/smoke-reproductions.sh [SECONDS IN ALL [SECONDS FOR EACH]]
set -euo pipefail
cd "$(dirname "$0")/.."
all=${1:-480} each=${2:-90}
failed=0
for recipe in Catalogue/*/recipe.json5; do
  name=$(basename "$(dirname "$recipe")")
  if [ "$SECONDS" -ge "$all" ]; then
    echo "$name: left out, $all seconds have passed"
    continue
  fi
  start=$SECONDS code=0
  result=$(timeout "$each" .build/release/needletail reproduce "$((10#${name%%-*}))" --scale smoke --no-report 2>&1) || code=$?
  case $code in
    0) echo "$name: $(tail -n 1 <<<"$result")" ;;
    124) echo "$name: left out, not finished within $each seconds" ;;
    *)
      echo "$name: failed with code $code after $((SECONDS - start)) seconds"
      printf '%s\n' "$result" | tail -n 20
      failed=1
      ;;
  esac
done
exit $failed
