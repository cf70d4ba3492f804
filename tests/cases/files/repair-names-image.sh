# A repair whose undo file, plan, agreed plan or older copy is the image itself, by whatever name, is
# refused before anything is written.
source "$(dirname "$0")/../lib/case.sh"
V format i --size 4M -q && V tag set i 7 key=value -q || exit 77
printf wwwwwwww | dd of=i bs=1 seek=$((4096 + 200)) conv=notrunc status=none
ln i hard && ln -s i symbolic || exit 77
sum=$(sha256sum < i)
for option in --undo --plan --apply --from; do
  for file in i ./i "$PWD/i" hard symbolic /dev/stdin; do
    error=$(V verify i --repair $option "$file" 2>&1 > out < i)
    [ $? = 16 ] || wrong "$option $file: $error"
    [[ $error == "vdetool: $file: "*"the image itself"* ]] || wrong "$option $file: $error"
    [ -s out ] && wrong "$option $file printed: $(cat out)"
    [ "$sum" = "$(sha256sum < i)" ] || wrong "$option $file: the image has changed"
  done
done
# The other file of a repair of two images counts, too.
cp i other
V verify i other --repair --undo other 2> err
[ $? = 16 ] || wrong "two images: $(cat err)"
# A plan never replaces another file.
cp other kept
V verify i --repair --plan other 2> err
[ $? = 8 ] && cmp -s other kept || wrong "--plan replaces another image: $(cat err)"
grep -q '^vdetool: other: ' err || wrong "$(cat err)"
exit 0
