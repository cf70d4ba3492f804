#!/usr/bin/env bash
# scripts/packages.sh SET...: installs the Debian packages of these sets (tests/packages.txt) that
# are missing, without asking. Does nothing, and needs no network, where all are there.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)

is_installed() {
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# has_candidate NAME: this release has a package of that name.
has_candidate() {
  apt-cache policy "$1" 2>/dev/null | grep -q 'Candidate: [^(]'
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    env DEBIAN_FRONTEND=noninteractive "$@"
  else
    sudo -n env DEBIAN_FRONTEND=noninteractive "$@"
  fi
}

# missing SET: the lines of the set of which no alternative is installed.
missing() {
  local alternatives name found
  while read -r alternatives; do
    found=no
    for name in ${alternatives//|/ }; do
      if is_installed "$name"; then found=yes; fi
    done
    if [ "$found" = no ]; then echo "$alternatives"; fi
  done < <(awk -v set="$1" '$1 == set { print $2 }' "$root/tests/packages.txt")
}

# choose ALTERNATIVES: the first that exists; the first of all where none does, so that apt names it.
choose() {
  local name
  for name in ${1//|/ }; do
    if has_candidate "$name"; then
      echo "$name"
      return
    fi
  done
  echo "${1%%|*}"
}

wanted=()
for set in "$@"; do
  if ! grep -q "^$set " "$root/tests/packages.txt"; then
    echo "packages.sh: no set '$set' in tests/packages.txt" >&2
    exit 16
  fi
  while read -r alternatives; do wanted+=("$alternatives"); done < <(missing "$set")
done
if [ ${#wanted[@]} -eq 0 ]; then exit 0; fi

# An unreachable extra source is no reason to give up: the install below tells whether it mattered.
as_root apt-get update -q || echo "packages.sh: apt-get update failed, going on" >&2
packages=()
for alternatives in "${wanted[@]}"; do packages+=("$(choose "$alternatives")"); done
echo "installing: ${packages[*]}"
as_root apt-get install -q -y --no-install-recommends "${packages[@]}"
