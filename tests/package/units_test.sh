#!/usr/bin/env bash
# units_test.sh VDETOOL UNITS: the systemd units of the nightly verification are right, sandboxed,
# and off until they are enabled for an image.
set -euo pipefail
vdetool=$1 units=$2
command -v systemd-analyze >/dev/null || { echo "skipped: systemd is not installed"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A root folder with the program and the units, as the package installs them.
root=$work/root
mkdir -p "$root"/usr/bin "$root"/usr/lib/systemd/system "$root"/etc
ln -s usr/lib "$root/lib"
cp "$vdetool" "$root/usr/bin/vdetool"
cp "$units"/vdetool-verify@.* "$root/usr/lib/systemd/system"
for target in timers sysinit basic shutdown time-set time-sync; do
  printf '[Unit]\nDescription=%s\n' $target >"$root/usr/lib/systemd/system/$target.target"
done

instance=$(systemd-escape --path "/srv/my photos.dwvd")
[ "$(systemd-escape --unescape --path "$instance")" = "/srv/my photos.dwvd" ]
for unit in service timer; do
  systemd-analyze verify --root="$root" --man=no "vdetool-verify@$instance.$unit" >"$work/out" 2>&1 || {
    cat "$work/out"
    exit 1
  }
  [ ! -s "$work/out" ] || { cat "$work/out" && exit 1; }
done

# Exposure: 0 is the best, 10 the worst. 1.5 leaves only what the job needs.
systemd-analyze security --offline=true --root="$root" --threshold=15 --no-pager \
  "vdetool-verify@$instance.service" >"$work/security" || { cat "$work/security" && exit 1; }
tail -1 "$work/security"

systemctl --root="$root" is-enabled "vdetool-verify@$instance.timer" >"$work/state" && exit 1
systemctl --root="$root" enable "vdetool-verify@$instance.timer" 2>"$work/said"
[ -L "$root/etc/systemd/system/timers.target.wants/vdetool-verify@$instance.timer" ]
[ "$(systemctl --root="$root" is-enabled "vdetool-verify@$instance.timer")" = enabled ]
