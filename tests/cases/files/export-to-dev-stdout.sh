# /dev/stdout as the file of an export or a plan is standard output, also where that appends to a file.
source "$(dirname "$0")/../lib/case.sh"
V format i --size 4M -q && V tag set i 1 k=v || exit 77
for words in 'tag export i' 'tag export i --force' 'verify i -q --repair --plan'; do
  echo kept > log
  V $words /dev/stdout >> log 2> err || wrong "$words: status $?: $(cat err)"
  [ "$(head -1 log)" = kept ] && [ "$(wc -l < log)" -ge 2 ] || wrong "$words: $(cat log)"
done
printf '\0asm\1\0\0\0' > m.wasm && hash=$(V module register i m.wasm) || exit 77
echo kept > log
V module extract i $hash /dev/stdout >> log || wrong "module extract: status $?"
printf 'kept\n\0asm\1\0\0\0' | cmp -s - log || wrong "module extract: $(cat -v log)"
[ "$(V tag export i /dev/stdout | cat)" = $'1\tk\tv' ] || wrong "into a pipe"
exit 0
