#!/usr/bin/env bash
# The job of examples/jobs/backup.sh with flock and cp.
set -e
flock -s -w 60 "$1" cp --sparse=always "$1" "$2.part"
vdetool verify -q "$2.part" || {
  rm "$2.part"
  exit 4
}
sync "$2.part"
mv "$2.part" "$2"
