# Sourced by each case: an empty folder to work in, the program that VDETOOL names as V, and the
# folder of the cases as $cases.
# A case exits with 0 if the program is right, 1 if it is wrong, 77 if it cannot be tried here.
: "${VDETOOL:?set VDETOOL to the program}"
cases=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
folder=$(mktemp -d) || exit 77
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 77

V() { "$VDETOOL" "$@"; }
wrong() {
  echo "wrong: $*"
  exit 1
}

# A core module without its code section, then parts that follow or replace others.
module_start='\0asm\1\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0'
export_start='\x07\x0a\x01\x06_start\0\0'
empty_code='\x0a\x04\x01\x02\0\x0b'
