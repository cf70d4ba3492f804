# An empty line at the end of a JSONL file is skipped.
source "$(dirname "$0")/../lib/case.sh"
V format i --size 1M >/dev/null || exit 77
printf '{"inode":1,"key":"k","value":"v"}\n\n' > t.jsonl
V tag import i t.jsonl --input-format jsonl >/dev/null 2>err || wrong "$(cat err)"
