# format --force must not turn the mask of an ACL into the permissions of the group.
source "$(dirname "$0")/../lib/case.sh"
command -v setfacl getfacl > /dev/null || exit 77
V format i --size 1M > /dev/null && chmod 640 i && setfacl -m u:65534:rw i 2> /dev/null || exit 77
getfacl -c i > before
V format i --size 1M --force > /dev/null || wrong "format --force failed"
getfacl -c i > after
cmp -s before after || wrong "the ACL is now: $(tr '\n' ' ' < after)"
