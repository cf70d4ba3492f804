# The label that label prints is the label that label sets.
source "$(dirname "$0")/../lib/case.sh"
V format a --size 1M --label 'C:\new' >/dev/null && V format b --size 1M >/dev/null || exit 77
V label b "$(V label a)" && [ "$(V --json label a | sed 's/.*"label"//')" = "$(V --json label b | sed 's/.*"label"//')" ] || wrong "a has $(V label a), b has $(V label b)"
