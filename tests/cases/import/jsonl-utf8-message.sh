# The message for a JSON string that is not UTF-8 says so.
source "$(dirname "$0")/../lib/case.sh"
V format i --size 1M >/dev/null || exit 77
printf '{"inode":1,"key":"caf\xe9","value":"v"}\n' | V tag import i - --input-format jsonl >/dev/null 2>err && exit 77
grep -qiE 'utf-?8|surrogate|escape|bytes' err || wrong "$(cat err)"
