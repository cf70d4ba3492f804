# A byte order mark before the first line of a TSV file is skipped.
source "$(dirname "$0")/../lib/case.sh"
V format i --size 1M >/dev/null || exit 77
printf '\xef\xbb\xbf1\tk\tv\n' > t.tsv
V tag import i t.tsv >/dev/null 2>err && exit 0
LC_ALL=C grep -qiE 'byte order mark|BOM|\\xef|ufeff' err || wrong "$(cat -v err)"
