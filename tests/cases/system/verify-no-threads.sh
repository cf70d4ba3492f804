# Where no thread can be made, the work is done on one.
source "$(dirname "$0")/../lib/case.sh"
[ "$(id -u)" = 0 ] && command -v su > /dev/null || exit 77
chmod 755 "$folder"
cp "$VDETOOL" program && chmod 755 program || exit 77
V format i --size 64M > /dev/null && chmod 666 i
# More than two buffers, so that module register wants a thread to hash it: a custom section.
printf '\0asm\1\0\0\0\0\x85\x80\x80\x08\4note' > m.wasm
head -c 16777216 /dev/zero >> m.wasm
chmod 644 m.wasm
limited() { su -s /bin/bash nobody -c "cd '$folder'; ulimit -u 1; ulimit -c 0; exec ./program $*"; }
limited info i > /dev/null || exit 77
limited verify --jobs 4 i > out 2>&1 || wrong "verify: status $?: $(cat out)"
limited verify --progress i > out 2>&1 || wrong "verify --progress: status $?: $(cat out)"
limited module register i m.wasm > out 2>&1 || wrong "register: status $?: $(cat out)"
[ "$(cat out)" = "$(sha256sum m.wasm | cut -d ' ' -f 1)" ] || wrong "the hash is $(cat out)"
limited module verify i > out 2>&1 || wrong "module verify: status $?: $(cat out)"
