#!/usr/bin/env bash
# tests/modules/fetch_suite.sh FOLDER: fetches the source package of Binaryen, which contains the
# official WebAssembly test suite, with apt-get from the mirror that is configured here, and prints
# the folder of the suite. Exits with 77, and says why, where that is impossible; with 1 if the
# archive has another hash.
set -u
folder=${1:?give a folder}
release=bookworm
package=binaryen=108-1
archive=binaryen_108.orig.tar.gz
hash=7fea5013da7f98daeeb6a0a60333e8aa917bcb0b1b418ba8531fe710d09041f2
suite=binaryen-version_108/test/spec
mkdir -p "$folder" && cd "$folder" || exit 1

cannot() {
  echo "skipped: $*"
  exit 77
}

# apt-get with the source packages of the release alone, and with all its files in this folder.
apt() {
  apt-get -q -o Dir::Etc::sourcelist="$PWD/apt/sources.list" -o Dir::Etc::sourceparts=- \
    -o Dir::State::lists="$PWD/apt/lists" -o Dir::Cache="$PWD/apt/cache" \
    -o APT::Sandbox::User="$(id -un)" -o Acquire::Retries=0 -o Acquire::http::Timeout=30 "$@"
}

fetch() {
  local source
  command -v apt-get > /dev/null || cannot "apt-get is not installed"
  # shellcheck disable=SC2016
  source=$(apt-get indextargets --format '$(SITE) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    grep -m 1 " $release main$") || cannot "this system does not use Debian's $release"
  mkdir -p apt/lists/partial apt/cache/archives/partial
  echo "deb-src $source" > apt/sources.list
  apt update > apt.log 2>&1 && apt source --download-only "$package" >> apt.log 2>&1
  rm -rf apt
  [ -f "$archive" ] || cannot "apt-get cannot fetch $package: $(grep -m 1 '^[EW]:' apt.log)"
}

[ -f "$archive" ] || fetch
rm -f apt.log
if ! echo "$hash  $archive" | sha256sum --check --quiet; then
  rm "$archive"
  exit 1
fi
tar -xzf "$archive" "$suite" || exit 1
echo "$PWD/$suite"
