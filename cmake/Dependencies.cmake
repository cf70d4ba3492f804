# Everything here is a Debian package; tests/packages.txt lists them by name.
find_package(CLI11 REQUIRED)
find_package(fmt REQUIRED)
find_package(tl-expected REQUIRED)
find_package(nlohmann_json REQUIRED)
# The program holds what it needs of these libraries: to load and relocate them at every start would
# take longer than most commands.
set(OPENSSL_USE_STATIC_LIBS ON)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
find_library(VDE_XXHASH_ARCHIVE libxxhash.a REQUIRED)
set_target_properties(PkgConfig::XXHASH PROPERTIES INTERFACE_LINK_LIBRARIES ${VDE_XXHASH_ARCHIVE})
# Validates WebAssembly modules; without it they are only looked at.
if(VDE_WABT)
  find_package(wabt QUIET)
endif()
# Reads and writes images on NBD servers. Only its headers are used here.
set(VDE_HAS_NBD OFF)
if(VDE_NBD STREQUAL "auto")
  pkg_check_modules(LIBNBD QUIET libnbd>=1.10)
elseif(VDE_NBD)
  pkg_check_modules(LIBNBD REQUIRED libnbd>=1.10)
endif()
if(VDE_NBD AND LIBNBD_FOUND)
  set(VDE_HAS_NBD ON)
endif()
