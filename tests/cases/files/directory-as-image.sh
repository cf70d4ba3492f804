# A folder in place of an image is named as one, whether a command reads or writes.
source "$(dirname "$0")/../lib/case.sh"
mkdir folder
for command in 'info folder' 'dump folder' 'verify folder' 'label folder x' 'resize folder --size 1M' \
  'tag set folder 1 key' 'tag list folder' 'snapshot create folder' 'module list folder' \
  'format folder --size 1M' 'verify folder --repair'; do
  # shellcheck disable=SC2086
  V $command > out 2>&1 < /dev/null
  [ $? = 8 ] || wrong "$command: not status 8: $(cat out)"
  grep -q '^vdetool: folder: is a directory; name an image file$' out || wrong "$command: $(cat out)"
done
