# Times have seven decimals, so that they sort as text; JSON has seconds too, and null for never.
source "$(dirname "$0")/../lib/case.sh"
export SOURCE_DATE_EPOCH=1700000000
V format i --size 4M -q && V snapshot create i > /dev/null || exit 77
V snapshot list i | grep -q ' 2023-11-14T22:13:20.0000000Z' || wrong "$(V snapshot list i)"
V --json snapshot list i > json
grep -q '"created":"2023-11-14T22:13:20.0000000Z"' json || wrong "$(cat json)"
grep -q '"created_unix":1700000000' json || wrong "$(cat json)"
V --json info i > json
grep -q '"created_unix":1700000000' json || wrong "$(cat json)"
grep -q '"last_scrub":null' json || wrong "$(cat json)"
grep -q '"last_scrub_unix":null' json || wrong "$(cat json)"
exit 0
