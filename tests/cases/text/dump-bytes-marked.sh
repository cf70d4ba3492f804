# dump marks Base64 by the name, and writes checksums as hexadecimal text.
source "$(dirname "$0")/../lib/case.sh"
V format i --size 4M -q && V tag set i 1 'k=\xff\xfe' || exit 77
V --json dump i --region TAGI > json
grep -q '"value_base64":"//4="' json || wrong "no value_base64"
grep -q '"value":"//4="' json && wrong "Base64 without a mark"
V --json dump i --block 9 | grep -Eq '"slots_checksum":"[0-9a-f]{16}"' || wrong "$(V --json dump i --block 9)"
V dump i --region TAGI | grep -Fq '\xff\xfe' || wrong "the text is not escaped bytes"
exit 0
