#!/usr/bin/env bash
# Indexes the catalogue of published systems, asks three questions, and says how to go on.
set -euo pipefail
cd "$(dirname "$0")/.."
needletail=.build/release/needletail

"$needletail" model fetch
"$needletail" index Catalogue --collection demo

bold='' plain=''
if [ -t 1 ]; then bold=$'\033[1m' plain=$'\033[0m'; fi

ask() {
  printf '\n%s$ needletail search --collection demo "%s"%s\n\n' "$bold" "$1" "$plain"
  "$needletail" search --collection demo --top 3 "$1"
}
ask "find things even when the query is full of typing errors"
ask "make an index fit into a fraction of the memory"
ask "can somebody poison my search results?"

cat <<'END'

Open the page:            .build/release/needletail serve --collection demo
Index your own folder:    .build/release/needletail index ~/Documents
                          .build/release/needletail search "what you remember of it"
END
