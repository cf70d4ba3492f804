#!/usr/bin/env bash
# jobs_test.sh VDETOOL PROJECT: the scripts of examples/jobs do their jobs. Each has a counterpart in
# tests/examples/jobs that does the same with simpler commands; the results must agree. Prints the
# lines of both, comments not counted.
project=$(realpath "$2")
source "$(dirname "$0")/common.sh"
command -v jq >/dev/null || { echo "skipped: jq is not installed"; exit 77; }
new=$project/examples/jobs
old=$project/tests/examples/jobs
export SOURCE_DATE_EPOCH=1790000000

# image NAME: a new image that is the same each time.
image() {
  vdetool format "$1" --size 4M --force --uuid 9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d >/dev/null
}

# status COMMAND...: runs it, its output in the file `out`, and prints its exit status.
status() {
  local code=0
  "$@" >out 2>err || code=$?
  echo $code
}

same() {
  if [ "$2" != "$3" ]; then complain "$1: '$2' with the script, '$3' with its counterpart"; fi
}

must() {
  if ! "${@:2}"; then complain "$1"; fi
}

# 1. Verify a folder every night.
mkdir night
image night/a.dwvd
image night/b.dwvd
image night/damaged.dwvd
damage night/damaged.dwvd
echo 'no image' >night/other.dwvd
same nightly-verify "$(status "$new/nightly-verify.sh" night)" "$(status "$old/nightly-verify.sh" night)"
same nightly-verify "$("$new/nightly-verify.sh" night 2>/dev/null | grep -c '\.dwvd: ')" 4

# 2. Tags from a photo catalogue.
cat >catalog.json <<'END'
[{"Inode": 42, "Model": "E-M1", "ISO": 200, "Flash": false, "Caption": "back\\slash\tand tab"},
 {"Inode": 43, "Model": "E-M1", "ISO": 6400, "Place": "Zürich"}]
END
image new.dwvd
image old.dwvd
same tag-photos "$(status "$new/tag-photos.sh" new.dwvd catalog.json)" \
  "$(status "$old/tag-photos.py" old.dwvd catalog.json)"
same tag-photos "$(vdetool tag export new.dwvd)" "$(vdetool tag export old.dwvd)"
same tag-photos "$(vdetool tag list new.dwvd | wc -l)" 7

# 3. Inodes with two given tags.
same two-tags "$("$new/two-tags.sh" new.dwvd Model ISO)" "$("$old/two-tags.sh" new.dwvd Model ISO)"
same two-tags "$("$new/two-tags.sh" new.dwvd Model ISO)" $'42\n43'
same two-tags "$(status "$new/two-tags.sh" new.dwvd Flash Place)" \
  "$(status "$old/two-tags.sh" new.dwvd Flash Place)"

# 4. Compare the tags of two images.
same compare-tags "$(status "$new/compare-tags.sh" new.dwvd old.dwvd)" \
  "$(status "$old/compare-tags.sh" new.dwvd old.dwvd)"
vdetool tag set old.dwvd 44 Place=Genève >/dev/null
same compare-tags "$(status "$new/compare-tags.sh" new.dwvd old.dwvd)" \
  "$(status "$old/compare-tags.sh" new.dwvd old.dwvd)"
must "compare-tags: names the tag" grep -q Place out

# 5. Keep the last seven snapshots.
for day in $(seq 10 20); do
  SOURCE_DATE_EPOCH=$((1790000000 + day * 86400)) vdetool snapshot create new.dwvd --label "day $day" >/dev/null
done
cp new.dwvd old.dwvd
same keep-last-seven "$(status "$new/keep-last-seven.sh" new.dwvd)" \
  "$(status "$old/keep-last-seven.sh" old.dwvd)"
same keep-last-seven "$(vdetool snapshot list new.dwvd)" "$(vdetool snapshot list old.dwvd)"
same keep-last-seven "$(vdetool snapshot list new.dwvd | wc -l)" 7

# 6. Register a folder of modules.
mkdir wasm
for name in 1 2 3; do
  # The smallest module, with a custom section of one byte.
  printf '\0asm\1\0\0\0\0\2\1%s' $name >wasm/$name.wasm
done
image new.dwvd
image old.dwvd
for _ in first again; do
  same register-modules "$(status "$new/register-modules.sh" new.dwvd wasm)" \
    "$(status "$old/register-modules.sh" old.dwvd wasm)"
done
hashes() { vdetool module list "$1" --json | jq -r .hash | sort; }
same register-modules "$(hashes new.dwvd)" "$(hashes old.dwvd)"
same register-modules "$(hashes new.dwvd | wc -l)" 3

# 7. A backup beside readers and writers.
same backup "$(status "$new/backup.sh" new.dwvd new.copy)" "$(status "$old/backup.sh" new.dwvd old.copy)"
must "backup: a copy that verifies" vdetool verify -q new.copy
must "backup: no other than that of cp" cmp -s new.copy old.copy
damage new.dwvd
for script in "$new" "$old"; do
  rm -f copy
  if [ "$(status "$script/backup.sh" new.dwvd copy)" -eq 0 ] || [ -e copy ]; then
    complain "$script/backup.sh copies a damaged image"
  fi
done

# 8. A repair behind a gate. A damaged leaf loses tags; a damaged superblock loses nothing.
image whole.dwvd
seq 5000 | sed 's/$/\tkey\tvalue/' | vdetool tag import whole.dwvd >/dev/null
for script in "$new" "$old"; do
  cp whole.dwvd mended.dwvd
  damage mended.dwvd
  same repair-gate "$(status "$script/repair-gate.sh" mended.dwvd)" 0
  must "repair-gate: clean afterwards" vdetool verify -q mended.dwvd
  rm -f mended.dwvd*
  cp whole.dwvd lossy.dwvd
  leaf=$(($(vdetool info whole.dwvd --json | jq '.regions[] | select(.tag == "TAGI") | .start') + 3))
  head -c 2000 /dev/urandom | dd of=lossy.dwvd bs=4096 seek=$leaf conv=notrunc status=none
  same repair-gate "$(status "$script/repair-gate.sh" lossy.dwvd | grep -vc '^0$')" 1
  rm -f lossy.dwvd*
done

printf '%-20s %s  %s\n' job lines 'without the new commands'
for script in "$new"/*.sh; do
  name=$(basename "$script" .sh)
  printf '%-20s %5d  %d\n' "$name" "$(grep -vc '^#\|^$' "$script")" \
    "$(cat "$old/$name".* | grep -vc '^#\|^$\|^"""')"
done
finish 8
