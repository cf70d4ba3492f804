# A repair of an image whose name is not UTF-8: its plan and its list of lost entries name files in
# Base64, and the plan can be applied.
source "$(dirname "$0")/../lib/case.sh"
image=$(printf 'a\xff.dwvd')
V format "$image" --size 4M -q || exit 77
tags=()
for i in $(seq 100 199); do tags+=("key$i=$(printf 'v%.0s' $(seq 100))"); done
V tag set "$image" 7 "${tags[@]}" -q || exit 77
# The leaf and its copy in the journal, so that it cannot be restored exactly.
for at in $(LC_ALL=C grep -obUaF key199 "$image" | cut -d: -f1); do
  printf wwwwwwww | dd of="$image" bs=1 seek=$((at + 40)) conv=notrunc status=none
done
V verify "$image" --repair --allow-loss --plan plan.json -q >out 2>err
[ $? = 4 ] || wrong "--plan: $(cat err)"
grep -q '"image_base64": "Yf8uZHd2ZA=="' plan.json || wrong "the plan has no name of the image"
V verify "$image" --repair --apply plan.json --json >out 2>err
[ $? = 5 ] || wrong "--apply: $(cat err)"
grep -q '"lost_file_base64":"' out || wrong "$(tail -n 1 out)"
