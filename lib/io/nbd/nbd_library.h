// The functions of libnbd. The library is loaded when the first URI is opened, so that a program
// that opens none does not pay for it, and does not need it.
#pragma once

#include <libnbd.h>

#include "vde/error.h"

namespace vde {

struct NbdLibrary {
#define VDE_NBD_FUNCTIONS(X) \
  X(add_meta_context)        \
  X(aio_block_status)        \
  X(aio_connect_uri)         \
  X(aio_disconnect)          \
  X(aio_flush)               \
  X(aio_get_direction)       \
  X(aio_get_fd)              \
  X(aio_in_flight)           \
  X(aio_is_connecting)       \
  X(aio_is_negotiating)      \
  X(aio_is_processing)       \
  X(aio_is_ready)            \
  X(aio_notify_read)         \
  X(aio_notify_write)        \
  X(aio_pread)               \
  X(aio_pwrite)              \
  X(aio_zero)                \
  X(can_flush)               \
  X(can_fua)                 \
  X(can_meta_context)        \
  X(can_multi_conn)          \
  X(can_zero)                \
  X(close)                   \
  X(create)                  \
  X(get_block_size)          \
  X(get_errno)               \
  X(get_error)               \
  X(get_size)                \
  X(is_read_only)            \
  X(set_debug)               \
  X(set_debug_callback)      \
  X(set_pread_initialize)    \
  X(set_uri_allow_local_file)
#define VDE_NBD_MEMBER(name) decltype(&::nbd_##name) name = nullptr;
  VDE_NBD_FUNCTIONS(VDE_NBD_MEMBER)
#undef VDE_NBD_MEMBER
};

// Loads the library if it is not loaded yet. kUnsupported if it is not installed.
[[nodiscard]] Result<const NbdLibrary*> nbd_library();

}  // namespace vde
