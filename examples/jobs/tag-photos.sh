#!/usr/bin/env bash
# tag-photos.sh IMAGE CATALOG.json: tags inodes with what `exiftool -json -n` says about photos. Each
# object of the catalog has a number "Inode"; its other members become tags.
set -o pipefail
jq -c '.[] | .Inode as $inode | del(.Inode) | to_entries[] | {inode: $inode, key, value}' "$2" |
  vdetool tag import "$1" --input-format jsonl --replace
