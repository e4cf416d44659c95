#!/usr/bin/env bash
# Installs the system libraries that Needletail needs, and says which. Does nothing where all are there.
#
#   scripts/bootstrap.sh          what building and running need
#   scripts/bootstrap.sh --tests  also the browser that the page tests look through (Debian only; they skip without it)
set -euo pipefail

say() { printf '%s\n' "$*" >&2; }

if ! command -v swift >/dev/null 2>&1; then
  say "Swift is missing. Install Swift 6.2 or newer from https://www.swift.org/install and run this again."
  exit 1
fi

install_with_apt() {
  local wanted=(libstemmer-dev zlib1g-dev libsqlite3-dev poppler-utils python3-pip)
  # Ubuntu's chromium package is a stub for a snap, which does not run everywhere; only Debian's is asked for.
  if [ "${1:-}" = "--tests" ] && grep -q '^ID=debian' /etc/os-release; then wanted+=(chromium); fi
  local missing=()
  for package in "${wanted[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
  done
  # A python with pip from elsewhere (pyenv, conda) serves as well as Debian's.
  if python3 -m pip --version >/dev/null 2>&1; then
    local kept=()
    for package in "${missing[@]}"; do [ "$package" = python3-pip ] || kept+=("$package"); done
    missing=("${kept[@]}")
  fi
  [ ${#missing[@]} -eq 0 ] && return
  say "Installing system packages: ${missing[*]}"
  local as_root=()
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  "${as_root[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

install_with_brew() {
  local missing=()
  for formula in snowball poppler python; do
    brew list --formula "$formula" >/dev/null 2>&1 || missing+=("$formula")
  done
  [ ${#missing[@]} -eq 0 ] && return
  say "Installing with Homebrew: ${missing[*]}"
  brew install --quiet "${missing[@]}"
}

if command -v apt-get >/dev/null 2>&1; then
  install_with_apt "${1:-}"
elif command -v brew >/dev/null 2>&1; then
  install_with_brew
else
  say "Neither apt-get nor Homebrew is here. Needletail needs: libstemmer, zlib and SQLite (with headers), pdftotext, pip."
fi
