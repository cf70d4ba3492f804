# A module that is cut off after its functions has no code for them.
source "$(dirname "$0")/../lib/case.sh"
V format i --size 1M > /dev/null || exit 77
printf "$module_start$export_start" > m.wasm
for option in --abi=auto --force; do
  V module register i m.wasm "$option" > /dev/null 2> err
  status=$?
  [ $status = 8 ] || wrong "status $status with $option: $(cat err)"
done
