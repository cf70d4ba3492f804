#!/usr/bin/env bash
# compare-tags.sh A B: what differs in the tags of two images. 0: nothing, 1: something.
vdetool tag diff "$1" "$2"
