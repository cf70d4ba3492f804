# Images whose names differ also differ in JSON; a name that is not UTF-8 is image_base64.
source "$(dirname "$0")/../lib/case.sh"
a=$(printf 'x\xff'); b='x\xff'
V format "$a" --size 1M >/dev/null && V format "$b" --size 1M >/dev/null || exit 77
ja=$(V --json label "$a"); jb=$(V --json label "$b")
[ "$ja" != "$jb" ] || wrong "both print $ja"
