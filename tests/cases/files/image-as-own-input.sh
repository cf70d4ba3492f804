# An image that is named as its own input or undo file is recognised as that, not as locked by another process.
source "$(dirname "$0")/../lib/case.sh"
V format i --size 4M -q && ln -s i link || exit 77
for words in 'undo i link' 'tag import i link'; do
  V $words 2> err
  [ $? = 16 ] || wrong "$words: $(cat err)"
  grep -q '^vdetool: link: .*the image itself' err || wrong "$(cat err)"
done
exit 0
