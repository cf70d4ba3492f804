# A signal that was ignored when the program started stays ignored.
source "$(dirname "$0")/../lib/case.sh"
V format i --size 16M > /dev/null || exit 77
for signal in INT TERM HUP; do
  mkfifo "f$signal"
  (exec 3> "f$signal"; sleep 1; printf '1\tk%s\tv\n' $signal >&3) & writer=$!
  (trap '' $signal; exec "$VDETOOL" tag import i "f$signal") > out 2> err & reader=$!
  sleep 0.5
  kill -$signal $reader
  wait $reader
  status=$?
  wait $writer
  [ $status = 0 ] || wrong "status $status after SIG$signal: $(cat err)"
done
