# WebAssembly modules: storing and extracting a large one, compared to hashing alone; and many of them.

# module_files: creates a module of 1 GiB and an image with room for it, in memory if possible, to
# measure the work instead of the disk. Prints the folder.
module_files() {
  local size folder
  size=$(runs 1073741824 268435456)
  folder=$(memory_folder)
  # A custom section of random bytes: preamble, id 0, a length of five bytes, an empty name.
  {
    printf '\0asm\1\0\0\0\0'
    local content=$((size - 14)) i byte
    for i in 0 1 2 3 4; do
      byte=$((content >> (7 * i) & 127))
      if [ "$i" -lt 4 ]; then byte=$((byte | 128)); fi
      # shellcheck disable=SC2059
      printf "\\x$(printf %x $byte)"
    done
    printf '\0'
    head -c $((size - 15)) /dev/zero |
      openssl enc -aes-128-ctr -K 00112233445566778899aabbccddeeff -iv 00 2>/dev/null
  } >"$folder/module.wasm"
  vdetool format "$folder/image" --size $((size + size / 8)) >&2
  echo "$folder"
}

# The goals of both: 80 % of the speed of openssl, which only reads and hashes, and the speed of a
# program that also writes the bytes and syncs them.
row_module_register() {
  local folder
  folder=$(module_files)
  # shellcheck disable=SC2064 # the folder's name is local
  trap "rm -rf '$folder'" EXIT
  measure --runs "$(runs 5 3)" --remove "$folder/fresh" -- \
    sh -c "cp --sparse=always '$folder/image' '$folder/fresh'" -- \
    sh -c "cp --sparse=always '$folder/image' '$folder/fresh' &&
      vdetool module register '$folder/fresh' '$folder/module.wasm' --force" -- \
    openssl dgst -sha256 "$folder/module.wasm" -- \
    sh -c "cp --sparse=always '$folder/image' '$folder/fresh' &&
      bench_plain_store '$folder/module.wasm' '$folder/fresh' 16777216"
  local ours
  ours=$(calculate "$(seconds 1) - $(seconds 0)")
  emit module-register "$ours" "$(seconds 2)" openssl s less 0.8
  emit module-register-plain "$ours" "$(calculate "$(seconds 3) - $(seconds 0)")" plain-store s less 1
  emit module-register-memory "$(peak_kib 1)" 65536 limit KiB less 1
}

row_module_extract() {
  local folder hash
  folder=$(module_files)
  # shellcheck disable=SC2064 # the folder's name is local
  trap "rm -rf '$folder'" EXIT
  hash=$(vdetool module register "$folder/image" "$folder/module.wasm" --force)
  measure --runs "$(runs 5 3)" --remove "$folder/out" -- \
    vdetool module extract "$folder/image" "$hash" "$folder/out" -- \
    openssl dgst -sha256 "$folder/module.wasm" -- \
    bench_plain_store "$folder/module.wasm" "$folder/out"
  emit module-extract "$(seconds 0)" "$(seconds 1)" openssl s less 0.8
  emit module-extract-plain "$(seconds 0)" "$(seconds 2)" plain-store s less 1
  emit module-extract-memory "$(peak_kib 0)" 65536 limit KiB less 1
}

# The goal: at most 20 ms more than a program that does nothing, for any module.
row_module_show() {
  local image=$work/modules.dwvd hash
  say "creating an image with 100000 modules"
  vdetool format "$image" --size 512M >&2
  hash=$(bench_fill_modules "$image" 100000)
  measure --runs "$(runs 101 31)" --warmup 3 -- vdetool module show "$image" "$hash" -- bench_empty
  emit module-show "$(calculate "$(seconds 0) * 1000")" \
    "$(calculate "$(seconds 1) * 1000 + 20")" empty+20 ms less 1
}
