# Everything here is a Debian package; tests/packages.txt lists them by name.
find_package(CLI11 REQUIRED)
find_package(fmt REQUIRED)
find_package(tl-expected REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
# Validates WebAssembly modules; without it they are only looked at.
if(VDE_WABT)
  find_package(wabt QUIET)
endif()
