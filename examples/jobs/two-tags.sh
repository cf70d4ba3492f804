#!/usr/bin/env bash
# two-tags.sh IMAGE KEY KEY: the inodes that have both tags, one per line.
vdetool tag query "$1" "\"$2\" and \"$3\""
