#!/usr/bin/env bash
# tests/modules/fetch.sh FOLDER: fetches the packages of packages.txt with npm, as it is configured
# here, and puts their modules into FOLDER. Exits with 77, and says why, where that is impossible;
# with 1 if a module has another hash than the list says.
set -u
list=$(cd "$(dirname "$0")" && pwd)/packages.txt
folder=${1:?give a folder}
mkdir -p "$folder" && cd "$folder" || exit 1
export npm_config_fetch_retries=0 npm_config_fetch_timeout=30000 npm_config_update_notifier=false

cannot() {
  echo "skipped: $*"
  exit 77
}

# The file name under which a module is kept.
kept_as() { echo "$1-$(basename "$2")" | tr -c 'A-Za-z0-9.@\n-' '_'; }

fetch() {
  local package=$1 archive
  archive=$(npm pack --loglevel=error "$package" 2> npm.log | tail -1)
  [ -n "$archive" ] && [ -f "$archive" ] || return 1
  rm -rf package && tar -xzf "$archive" && rm "$archive"
}

unpacked=
while read -r package path hash _; do
  case $package in '' | '#'*) continue ;; esac
  target=$(kept_as "$package" "$path")
  if [ ! -f "$target" ]; then
    command -v npm > /dev/null || cannot "npm is not installed"
    if [ "$unpacked" != "$package" ]; then
      fetch "$package" || cannot "npm cannot fetch $package: $(grep -m 1 'code\|error' npm.log)"
      unpacked=$package
    fi
    cp "package/$path" "$target" || exit 1
  fi
  if ! echo "$hash  $target" | sha256sum --check --quiet; then
    rm "$target"
    exit 1
  fi
  echo "$target"
done < "$list"
rm -rf package npm.log
