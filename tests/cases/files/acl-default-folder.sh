# A folder's default ACL must not reach an image that format --force replaces.
source "$(dirname "$0")/../lib/case.sh"
command -v setfacl getfacl > /dev/null || exit 77
V format i --size 1M > /dev/null && chmod 660 i && setfacl -d -m u:65534:rw . 2> /dev/null || exit 77
getfacl -c i > before
V format i --size 1M --force > /dev/null || wrong "format --force failed"
getfacl -c i > after
cmp -s before after || wrong "the ACL is now: $(tr '\n' ' ' < after)"
