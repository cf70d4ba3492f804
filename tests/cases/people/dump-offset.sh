# dump --offset takes the forms in which dump prints places, and names what owns the byte.
source "$(dirname "$0")/../lib/case.sh"
samples=$cases/../vectors
gzip -dc "$samples/everything-1.dwvd.gz" > i || exit 77
V dump i --offset 5242880 > want || exit 77
for form in 0x500000 0X500000 5M 5MiB 5120K 1280:0 0x500:0x0; do
  V dump i --offset $form > got || wrong "$form: status $?"
  cmp -s want got || wrong "$form: $(cat got)"
done
for form in '' : 1: :1 0x 0xg 1:4096 1:2:3 -1 1e3 5MB0 99999999999:0; do
  V dump i --offset "$form" > out 2> err
  [ $? = 16 ] && [ ! -s out ] || wrong "'$form': $(cat out err)"
done
has() { # OFFSET WORDS
  V dump i --offset "$1" > out || wrong "$1: status $?"
  grep -qF -- "$2" out || wrong "$1: no '$2' in: $(cat out)"
}
has 1359:5 'used by: module 2e0a35e9bbd92ab0b829ebf6138d1d271b89153d3cf9c4112d19568ab1a413eb (id fb1759ba-4626-fa20-a30a-8eaf1634a2c9), byte 5 of 112'
has 1360:4090 'after its last byte'
has 1295:30 'of the snapshot with id 3c38a36d-3240-201a-7e6c-b4372bf92aae, label s000'
has 1167:20 'of the module with hash '
has 1105:20 ', key key'
grep -q 'unused' out && wrong "$(cat out)"
gzip -dc "$samples/../vectors2/dict-4.dwvd.gz" > d || exit 77
block=$(V dump d --region DICT | awk '$3 == "first_block" { print $4; exit }')
V dump d --offset "$block:0" | grep -q 'used by: dictionary ' || wrong "$(V dump d --offset "$block:0")"
exit 0
