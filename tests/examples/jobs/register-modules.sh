#!/usr/bin/env bash
# The job of examples/jobs/register-modules.sh with one call per module. Not all or nothing.
for file in "$2"/*.wasm; do
  status=0
  vdetool module register "$1" "$file" 2>/dev/null || status=$?
  if [ $status -gt 1 ]; then exit $status; fi
done
