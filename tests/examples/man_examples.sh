#!/usr/bin/env bash
# man_examples.sh VDETOOL PAGE: runs the EXAMPLES of the manual page in their order.
page=$(realpath "$2")
source "$(dirname "$0")/common.sh"

# Without jq an example that uses it is run up to there.
if ! command -v jq >/dev/null; then
  jq() { cat >/dev/null; }
  export -f jq
fi

vdetool format damaged.dwvd --size 1M >/dev/null
damage damaged.dwvd

examples() {
  awk '/^\.Sh/ { inside = $2 == "EXAMPLES" }
       /^\.Ed/ { shown = 0 }
       inside && shown
       /^\.Bd -literal/ { shown = 1 }' "$page" | sed 's/\\e/\\/g' | logical_lines
}

count=0
backup='' nightly=''
while read -r line; do
  count=$((count + 1))
  case $line in
    # The image is damaged on purpose: verify says 4, a repair 1.
    *damaged.dwvd*) try "0 1 4" "$line" ;;
    *) try 0 "$line" ;;
  esac
  case $line in
    *'verify -') backup=$line ;;
    *'snapshot create'*) nightly=$line ;;
  esac
done < <(examples)

# The examples must work on other days, too: the second night, and with a damaged image.
[ -n "$nightly" ] || complain "no example creates a snapshot"
try 0 "$nightly"
[ "$(vdetool snapshot list photos.dwvd | wc -l)" -eq 2 ] || complain "two nights, two snapshots"
[ -n "$backup" ] || complain "no example verifies a stream"
cmp -s photos.dwvd backup.dwvd && complain "the image did not change after its backup"
damage photos.dwvd
try 4 "$backup"
cmp -s photos.dwvd backup.dwvd || complain "the backup of a damaged image is not complete"
finish $count
