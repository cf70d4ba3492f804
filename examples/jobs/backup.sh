#!/usr/bin/env bash
# backup.sh IMAGE DEST: a verified copy while others read and write.
vdetool copy "$1" "$2" --lock-wait 60
