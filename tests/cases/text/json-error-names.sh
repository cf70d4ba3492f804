# In the JSON of an error, a file name that is not UTF-8 is file_base64 or image_base64.
source "$(dirname "$0")/../lib/case.sh"
name=$(printf 'x\377')
V --json info "$name" 2> err
grep -q '"image_base64":"eP8="' err || wrong "$(cat -v err)"
V format i --size 4M -q || exit 77
V --json tag import i "$name" 2> err
grep -q '"file_base64":"eP8="' err || wrong "$(cat -v err)"
V --json module register i "$name" 2> err
grep -q '"file_base64":"eP8="' err || wrong "$(cat -v err)"
exit 0
