# What the scripts of this folder begin with. They are called with a folder for their files.
set -u
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:?give a folder}
: "${VDETOOL:?set VDETOOL to the program}"
V() { "$VDETOOL" "$@"; }
wrong() {
  echo "wrong: $*"
  exit 1
}
