#!/usr/bin/env bash
# register-modules.sh IMAGE FOLDER: stores all modules of a folder in one commit. Those that are there
# already are no error.
vdetool module register "$1" "$2"/*.wasm || [ $? -eq 1 ]
