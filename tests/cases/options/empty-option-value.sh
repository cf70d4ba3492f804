# `--option=` has an empty value; the next argument is not its value.
source "$(dirname "$0")/../lib/case.sh"
V format i --size 4M -q && V tag set i 1 k=v || exit 77
[ "$(V tag find i --prefix= --inode=1)" = "$(printf '1\tk\tv')" ] || wrong "find takes --inode=1 as the prefix"
V snapshot create i --label= --read-only > /dev/null || wrong "create refuses an empty label"
V snapshot list i | grep -q 'read-only\]' || wrong "create takes --read-only as the label"
exit 0
