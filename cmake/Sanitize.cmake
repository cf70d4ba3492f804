# VDE_SANITIZE: what everything is built with. Every report is fatal.
set(VDE_SANITIZE "" CACHE STRING
  "Sanitizers: address (with undefined behaviour), thread, or none where it is empty")
set_property(CACHE VDE_SANITIZE PROPERTY STRINGS "" address thread)

# The flags, for programs outside of the project that link against what it installs, too.
set(VDE_SANITIZE_FLAGS "")
if(VDE_SANITIZE STREQUAL "address")
  set(VDE_SANITIZE_FLAGS -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
elseif(VDE_SANITIZE STREQUAL "thread")
  set(VDE_SANITIZE_FLAGS -fsanitize=thread -fno-omit-frame-pointer)
elseif(NOT VDE_SANITIZE STREQUAL "")
  message(FATAL_ERROR "VDE_SANITIZE is address, thread or empty, not '${VDE_SANITIZE}'")
endif()

if(VDE_SANITIZE)
  add_compile_options(${VDE_SANITIZE_FLAGS})
  add_link_options(${VDE_SANITIZE_FLAGS})
  # Compilers have macros of their own for it, each its own.
  add_compile_definitions(VDE_SANITIZED)
endif()
