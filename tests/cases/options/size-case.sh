# Suffixes of sizes are read in either case; a size that is too large is called that.
source "$(dirname "$0")/../lib/case.sh"
for size in 4m 4M 4mib 4MiB 4MIB; do
  V format i --size $size --dry-run | grep -q '4194304 bytes' || wrong "--size $size"
done
V format i --size 4Mb --dry-run > /dev/null 2>&1 && wrong "4Mb, which is bits, is accepted"
V format i --size 99999999P --dry-run > /dev/null 2> err
grep -q 'too large' err || wrong "$(cat err)"
V format i --size 4M --block-size 1.7K --dry-run > /dev/null 2> err
grep -q 'whole' err || wrong "$(cat err)"
exit 0
