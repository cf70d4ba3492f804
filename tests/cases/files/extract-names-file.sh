# Errors about the file that module extract writes name that file.
source "$(dirname "$0")/../lib/case.sh"
V format i --size 4M -q || exit 77
printf "$module_start$export_start$empty_code" > m.wasm
hash=$(V module register i m.wasm) || exit 77
for file in m.wasm none/out.wasm; do
  V module extract i $hash $file 2> err
  [ $? = 8 ] || wrong "$file: status $?"
  grep -q "^vdetool: $file: " err || wrong "$(cat err)"
done
exit 0
