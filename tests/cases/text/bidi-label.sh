# Characters that change the direction of text are escaped in text.
source "$(dirname "$0")/../lib/case.sh"
V format i --size 1M --label "$(printf 'a\xe2\x80\xaegpj.exe')" >/dev/null || exit 77
V info i | LC_ALL=C grep -q "$(printf '\xe2\x80\xae')" && wrong "U+202E goes to the terminal as it is"
exit 0
