#!/usr/bin/env bash
# keep-last-seven.sh IMAGE: deletes all snapshots but the last seven.
vdetool snapshot prune "$1" --keep-last 7 >/dev/null
