#!/usr/bin/env bash
# tests/run.sh [CMAKE OPTIONS]: installs what is missing, builds the release preset with warnings as
# errors, and runs all tests. The last lines are ctest's summary.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/packages.sh build tests
jobs=$(nproc)
cmake --preset release -DVDE_WERROR=ON -DVDE_TESTS=ON -DVDE_UNITY=ON "$@"
cmake --build --preset release -j "$jobs"
ctest --preset release -j "$jobs" --no-tests=error
