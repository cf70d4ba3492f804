# Characters that change the direction of text or break lines are \uXXXX in JSON, also in tags and errors.
source "$(dirname "$0")/../lib/case.sh"
turn=$(printf '\342\200\256')
V format "i$turn" --size 4M -q --label "$turn" && V tag set "i$turn" 1 "$turn=$(printf '\342\200\250')" || exit 77
for command in 'info' 'label' 'tag list' 'dump' 'snapshot show'; do
  V --json $command "i$turn" $([ "$command" = 'snapshot show' ] && echo none) > out 2>&1
  LC_ALL=C grep -q "$(printf '\342\200')" out && wrong "$command: $(cat -v out)"
  grep -q 'u202e' out || wrong "$command: $(cat -v out)"
done
exit 0
