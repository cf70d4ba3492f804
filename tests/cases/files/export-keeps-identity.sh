# What tag export and --plan replace keeps its permissions, ACL and extended attributes.
source "$(dirname "$0")/../lib/case.sh"
command -v setfacl getfacl setfattr getfattr > /dev/null || exit 77
V format i --size 4M -q && V tag set i 1 k=v || exit 77
echo '{"type": "repair-plan"}' > plan.json
echo old > out.tsv
for file in out.tsv plan.json; do
  chmod 640 $file && setfacl -m u:65534:rw $file && setfattr -n user.note -v keep $file || exit 77
  getfacl -c $file > before-$file
done 2> /dev/null
V tag export i out.tsv --force || wrong "export failed"
V verify i --repair --plan plan.json -q || wrong "--plan failed"
grep -q '"uuid"' plan.json || wrong "the plan is not replaced"
for file in out.tsv plan.json; do
  getfacl -c $file > after
  cmp -s before-$file after || wrong "the ACL of $file is now: $(tr '\n' ' ' < after)"
  [ "$(getfattr --only-values -n user.note $file 2> /dev/null)" = keep ] || wrong "$file: user.note is lost"
done
exit 0
