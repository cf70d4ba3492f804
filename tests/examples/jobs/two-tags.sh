#!/usr/bin/env bash
# The job of examples/jobs/two-tags.sh with `tag get`.
set -o pipefail
inodes() {
  vdetool tag get "$1" "$2" | cut -f1 | sort
}
comm -12 <(inodes "$1" "$2") <(inodes "$1" "$3") | sort -n | grep .
