# Options that take a number take decimal digits, not what strtod() and strtol() read besides.
source "$(dirname "$0")/../lib/case.sh"
V format i --size 4M -q && V tag set i 8 k=v && V tag set i 9 k=v || exit 77
for number in nan inf -1 +1 ' 1' '1 ' 0x10 1e1 '' 99999999999999999999999; do
  for words in 'info i --lock-wait' 'verify i --jobs' 'tag find i --limit' 'dump i --block' \
    'resize i --size' 'tag import i /dev/null --memory'; do
    V $words "$number" > /dev/null 2> err
    [ $? = 16 ] || wrong "$words '$number': $(cat err)"
  done
done
V verify i --jobs 1.5 2> err
[ $? = 16 ] || wrong "--jobs 1.5: $(cat err)"
V info i --lock-wait 0.5 > /dev/null || wrong "--lock-wait 0.5"
V verify i --jobs 010 > /dev/null || wrong "--jobs 010"
[ "$(V tag find i --limit 01 | wc -l)" = 1 ] || wrong "--limit 01"
exit 0
