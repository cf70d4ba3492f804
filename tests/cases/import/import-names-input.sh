# Errors of the input name the input: a missing file, a folder, standard input, a tag that exists.
source "$(dirname "$0")/../lib/case.sh"
V format i --size 4M -q && V tag set i 1 k=v || exit 77
mkdir folder
printf '1\tk\tw\n' > again
printf '1\tk\\qx\tw\n' > escape
head -c 70000 /dev/zero | tr '\0' x > long
for file in missing folder again escape long; do
  V tag import i $file 2> err
  [ $? = 8 ] || wrong "$file: status $?"
  grep -q "^vdetool: $file: " err || wrong "$(cat err)"
done
echo nonsense | V tag import i 2> err
grep -q '^vdetool: standard input: ' err || wrong "$(cat err)"
exit 0
