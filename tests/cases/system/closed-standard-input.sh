# A closed standard input is an error, not an empty input.
source "$(dirname "$0")/../lib/case.sh"
V format i --size 1M > /dev/null || exit 77
for command in 'tag import i' 'tag import i -' 'module register i -' 'verify -'; do
  V $command <&- > out 2> err
  status=$?
  [ $status = 8 ] || wrong "$command: status $status"
  [ "$(wc -l < err)" = 1 ] || wrong "$command: $(cat err)"
done
V tag import i < /dev/null > /dev/null || wrong "an empty input is refused"
