# A file name of 255 bytes, the longest, works for a new file and for one that is replaced.
source "$(dirname "$0")/../lib/case.sh"
name=$(printf 'n%.0s' $(seq 255))
: > "$name" 2> /dev/null && rm "$name" || exit 77
V format "$name" --size 1M > /dev/null 2> err || wrong "$(tail -c 60 err)"
V format "$name" --size 1M --force > /dev/null 2> err || wrong "$(tail -c 60 err)"
V tag export "$name" "$(printf 'x%.0s' $(seq 255))" 2> err || wrong "$(tail -c 60 err)"
