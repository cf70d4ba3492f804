# A word in brackets or braces is a name or a key, not a list.
source "$(dirname "$0")/../lib/case.sh"
for name in '[i]' '{}' '[a,b]'; do
  V format "$name" --size 4M -q || wrong "format $name"
  V info "$name" > /dev/null || wrong "info $name"
done
V verify '[i]' '{}' '[a,b]' > out || wrong "verify: $(cat out)"
[ "$(grep -c clean out)" = 3 ] || wrong "$(cat out)"
V verify '[i]' --repair --from '{}' --from '[a,b]' -q || wrong "--from"
V tag set '[i]' 1 '[a,b]=[c,d]' '[x]' '{}' || wrong "tag set"
[ "$(V tag find '[i]' --prefix '[a,b]' --value '[c,d]')" = $'1\t[a,b]\t[c,d]' ] || wrong "tag find"
[ "$(V tag get '[i]' '[x]')" = $'1\t[x]\t' ] || wrong "tag get"
V tag remove '[i]' 1 '[x]' '{}' || wrong "tag remove"
[ "$(V tag list '[i]')" = $'1\t[a,b]\t[c,d]' ] || wrong "$(V tag list '[i]')"
V snapshot create '[i]' --label '[s,t]' -q > /dev/null && V snapshot show '[i]' '[s,t]' > /dev/null || wrong "snapshot"
V snapshot delete '[i]' '[s,t]' > /dev/null || wrong "snapshot delete"
V label '[i]' '[l]' && [ "$(V label '[i]')" = '[l]' ] || wrong "label"
printf '\0asm\1\0\0\0' > '[m,n]'
V module register '[i]' '[m,n]' > hash || wrong "module register"
for verb in verify remove; do
  error=$(V module $verb '[i]' '[ab,cd]' 2>&1)
  [[ $error == *"'[ab,cd]'"* ]] || wrong "module $verb: $error"
done
error=$(V info '[i]' '[x]' 2>&1)
[[ $error == *"unexpected argument '[x]'"* ]] || wrong "$error"
exit 0
