#!/usr/bin/env bash
# scripts/tidy.sh [--deep]: clang-tidy over the library and the tool. Silent where there is nothing to
# say; else the status is 1. With --deep the static analyzer looks as well, which takes many
# minutes. Most of the time goes into headers, so the files of a folder are first read as one text;
# only where that says something, file by file, and then that counts.
set -euo pipefail
cd "$(dirname "$0")/.."

export checks=-clang-analyzer-*
if [ "${1:-}" = --deep ]; then checks=; fi

# The analyzer's search is held to a quarter of its default, which halves the time of large files.
tidy() {
  clang-tidy --quiet --checks="$checks" -p build/tidy --extra-arg=-I"$PWD/tools/vdetool" \
    --extra-arg=-Xclang --extra-arg=-analyzer-config \
    --extra-arg=-Xclang --extra-arg=max-nodes=50000 "$@"
}

# included FILE: the sources that a file made by CMake includes.
included() {
  sed -n 's/^#include "\(.*\.cpp\)"$/\1/p' "$1"
}

# check FILE: the folder that a file made by CMake stands for. The sources are pasted in, because the
# analyzer looks at no function of an included file.
check() {
  local source said
  local -a sources
  mapfile -t sources < <(included "$1")
  cat "${sources[@]}" >"$1.text"
  mv "$1.text" "$1"
  if tidy "$1" >/dev/null 2>&1; then return 0; fi
  local status=0
  for source in "${sources[@]}"; do
    if ! said=$(tidy "$source" 2>&1); then
      printf '%s\n' "$said"
      status=1
    fi
  done
  if [ "$status" -eq 0 ]; then
    echo "tidy.sh: $(dirname "${sources[0]}"): nothing to say of its files, but of all as one" >&2
  fi
  return $status
}
export -f tidy included check

# For its compile commands; CMake rewrites the files that check() has changed.
rm -rf build/tidy
CXX=clang++ cmake -G Ninja -S . -B build/tidy -DCMAKE_BUILD_TYPE= -DVDE_TESTS=OFF \
  -DVDE_UNITY=ON >/dev/null
find build/tidy -name 'unity_*.cxx' -print0 | xargs -0 -n 1 -P "$(nproc)" bash -c 'check "$0"'
# Where wabt is found, its file is compiled alone.
tidy lib/image/module/wasm_validator.cpp 2>/dev/null
