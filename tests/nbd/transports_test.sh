#!/usr/bin/env bash
# transports_test.sh VDETOOL: what docs/REMOTE.md says can be reached: a qcow2, a compressed image, one on
# a web server with https, and a server with TLS. Each part that lacks a program says so.
here=$(cd "$(dirname "$0")" && pwd)
source "$here/common.sh"
photos local.dwvd
vdetool tag list local.dwvd >expected

# has PROGRAM...: true if all are installed; says what is left out if not.
has() {
  local program
  for program in "$@"; do
    command -v "$program" >/dev/null || { echo "without $program: left out" && return 1; }
  done
}

# same: the tags at $uri are those of the image.
same() {
  expect 0 vdetool tag list "$uri" && { cmp -s out expected || complain "$1: the tags differ"; }
  expect 0 vdetool verify "$uri"
}

if has qemu-img qemu-nbd; then
  qemu-img convert -f raw -O qcow2 -o cluster_size=64K local.dwvd image.qcow2
  qemu-nbd --fork --persistent --pid-file="$folder/qemu.pid" --socket="$folder/qemu" --format=qcow2 \
    image.qcow2 || complain "qemu-nbd does not start"
  uri="nbd+unix:///?socket=$folder/qemu"
  same qcow2
  cp local.dwvd changed.dwvd
  vdetool tag set changed.dwvd 1 key=value >/dev/null
  expect 0 vdetool tag set "$uri" 1 key=value --sole-writer
  expect 0 vdetool verify "$uri"
  expect 8 vdetool info "nbd+unix:///%1b%5b31mred?socket=$folder/qemu"
  says "has no export named '\\x1b[31mred'"
  if grep -q $'\e' err; then complain "the words of the server reach the terminal as they are"; fi
  kill "$(cat qemu.pid)"
  for _ in $(seq 100); do kill -0 "$(cat qemu.pid)" 2>/dev/null || break; sleep 0.02; done
  qemu-img check -q image.qcow2 || complain "the qcow2 is damaged"
  qemu-img convert -f qcow2 -O raw image.qcow2 back.dwvd
  vdetool tag diff changed.dwvd back.dwvd >/dev/null || complain "qcow2: the change is not in the file"
  echo "qcow2: read and changed through qemu-nbd"
fi

if has xz; then
  xz --keep --block-size=1M local.dwvd
  serve xz --filter=xz file local.dwvd.xz
  same xz
  echo "xz: read through nbdkit's xz filter"
fi

if has openssl python3; then
  openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost,IP:127.0.0.1 2>/dev/null
  cat key.pem cert.pem >both.pem
  python3 "$here/range_server.py" "$folder" both.pem port 2>python.err &
  servers+=("$!")
  await port
  serve curl curl "url=https://localhost:$(cat port)/local.dwvd" "cainfo=$folder/cert.pem"
  same https
  expect 8 vdetool tag set "$uri" 1 key=value --sole-writer
  echo "https: read through nbdkit's curl plugin"
fi

# TLS with a shared key; a client that has another key, or none, is refused.
echo "alice:$(printf '00112233445566778899aabbccddeeff%.0s' 1 2)" >keys.psk
echo "alice:$(printf 'ffffffffffffffffffffffffffffffff%.0s' 1 2)" >wrong.psk
serve tls --tls=require --tls-psk="$folder/keys.psk" file local.dwvd
plain=$uri
uri="nbds+unix://alice@/?socket=$folder/tls&tls-psk-file=$folder/keys.psk"
same TLS
if grep -q alice out; then complain "the output has the user"; fi
expect 8 vdetool info "$plain"
says "requires TLS"
expect 8 vdetool info "nbds+unix://alice@/?socket=$folder/tls&tls-psk-file=$folder/wrong.psk"
if grep -q alice err; then complain "the message has the user"; fi
echo "TLS: read with a shared key"
finish
