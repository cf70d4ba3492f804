#!/usr/bin/env bash
# nightly-verify.sh FOLDER: verifies all images in a folder, two at a time, and prints a line for each.
# The exit status is that of `vdetool verify`: 0 clean, 4 damage, 8 an image that cannot be read.
shopt -s globstar nullglob
vdetool verify --jobs 2 --summary "$1"/**/*.dwvd
