#!/usr/bin/env bash
# The job of examples/jobs/compare-tags.sh with two listings. Changed tags are a removed and an added
# one.
folder=$(mktemp -d)
vdetool tag export "$1" >"$folder/a" && vdetool tag export "$2" >"$folder/b" || exit
diff "$folder/a" "$folder/b"
status=$?
rm -r "$folder"
exit $status
