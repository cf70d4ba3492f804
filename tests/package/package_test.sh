#!/usr/bin/env bash
# package_test.sh BUILD: makes the Debian packages of what is built in BUILD (release flags, the
# program and the library), judges them with lintian, and installs, uses and removes them in a root
# folder with nothing else. Without a mirror to fetch that root from, they are only unpacked, and
# the last line says so.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source=$(cd "$here/../.." && pwd)
build=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-1767225600}
complain() {
  echo "FAILED: $*"
  exit 1
}

# The same packages from the same build, and nothing in it that names its folder.
for run in 1 2; do
  cpack -G DEB --config "$build/CPackConfig.cmake" -B "$work/$run" >"$work/log" 2>&1 ||
    { cat "$work/log" && complain "cpack"; }
  rm -rf "$work/$run/_CPack_Packages"
done
diff -r "$work/1" "$work/2" || complain "two packages of one build differ"
! grep -q "$source" "$build/tools/vdetool/vdetool" || complain "the program names $source"
! grep -q "$source" "$build/lib/libvde.a" || complain "the library names $source"
cd "$work/1"
sha256sum ./*.deb
tool=$(echo vdetool_*.deb) library=$(echo libdwvd-dev_*.deb)

lintian --fail-on error --tag-display-limit 0 ./*.deb || complain "lintian"

# What the packages hold. The program needs nothing but libc.
dpkg-deb --field "$tool" Depends | grep -qx 'libc6 ([^,]*)' || complain "dependencies of vdetool"
! grep -q 'VDE_NBD:.*=\(auto\|ON\)' "$build/CMakeCache.txt" || ! [ -e /usr/include/libnbd.h ] ||
  dpkg-deb --field "$tool" Recommends | grep -qx libnbd0 || complain "vdetool recommends no libnbd0"
dpkg-deb -x "$tool" "$work/root" && dpkg-deb -x "$library" "$work/root"
file "$work/root/usr/bin/vdetool" | grep -q ' stripped' || complain "the program is not stripped"
version=$("$work/root/usr/bin/vdetool" --version)
[ "$version" = "vdetool $(dpkg-deb --field "$tool" Version)" ] || complain "version: $version"
size=$(stat -c %s "$work/root/usr/bin/vdetool")
[ "$size" -lt 8000000 ] || complain "the program has $size bytes"

example=doc/libdwvd-dev/examples/tag_and_snapshot.cpp
for file in "$example" bash-completion/completions/vdetool zsh/vendor-completions/_vdetool \
  fish/vendor_completions.d/vdetool.fish man/man1/vdetool.1.gz man/man1/vdetool-tag.1.gz \
  man/man1/vdetool-snapshot.1.gz man/man1/vdetool-module.1.gz man/man1/vdetool-verify.1.gz \
  doc/vdetool/TUTORIAL.md doc/vdetool/examples/quickstart.sh vdetool/schemas vdetool/dwvd.magic; do
  [ -s "$work/root/usr/share/$file" ] || complain "not in the package: $file"
done

# A program builds with pkg-config alone.
export PKG_CONFIG_PATH=$work/root/usr/lib/pkgconfig
[ "vdetool $(pkg-config --modversion dwvd)" = "$version" ] || complain "version of dwvd.pc"
read -ra flags <<<"$(pkg-config --cflags --libs dwvd)"
"${CXX:-c++}" -std=c++20 -O0 "$work/root/usr/share/$example" \
  -o "$work/example" "${flags[@]}" || complain "the example does not build"
"$work/root/usr/bin/vdetool" format "$work/image" --size 1M >/dev/null
"$work/example" "$work/image" | grep -q 'inode 42: category = photo' || complain "the example"

# The clean root: install, use, remove.
suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-stable}")
cat >"$work/use" <<'USE'
set -eu
apt-get install -q -y --no-install-recommends /packages/vdetool_*.deb >/dev/null
cd /tmp
vdetool format photos.dwvd --size 1M >/dev/null
vdetool tag set photos.dwvd 42 category=photo
vdetool verify photos.dwvd
bash /packages/examples/document_examples.sh /usr/bin/vdetool /usr/share/doc/vdetool/TUTORIAL.md
[ -e /usr/lib/systemd/system/vdetool-verify@.timer ]
[ ! -e /etc/systemd/system/timers.target.wants/vdetool-verify@.timer ]
apt-get purge -q -y vdetool >/dev/null
left=$(find / -xdev -name '*vdetool*' -not -path '/packages/*' -not -path '/var/l*' -not -path '/proc/*')
[ -z "$left" ] || { echo "left after removal: $left"; exit 1; }
echo "installed, used and removed"
USE
if timeout "${PACKAGE_ROOT_SECONDS:-240}" mmdebstrap --quiet --variant=apt \
  --customize-hook="mkdir \"\$1/packages\" && cp -r $work/1/$tool $work/use $source/tests/examples \"\$1/packages\"" \
  --customize-hook='chroot "$1" sh /packages/use' "$suite" /dev/null >"$work/log" 2>&1; then
  grep 'installed, used and removed' "$work/log"
elif grep -qE 'left after removal|damaged|packages/use' "$work/log"; then
  cat "$work/log" && complain "in the clean root"
else
  tail -3 "$work/log"
  echo "note: no clean root could be made; the packages were unpacked and used, not installed"
fi
