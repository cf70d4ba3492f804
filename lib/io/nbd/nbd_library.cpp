#include "io/nbd/nbd_library.h"

#include <dlfcn.h>
#include <link.h>

#include <string>

namespace vde {
namespace {

constexpr const char* kNbdLibrary = "libnbd.so.0";

// In a static program a library brings its own libc, which crashes where names are looked up.
bool is_static_program() {
  const auto visit_program = [](dl_phdr_info* info, size_t, void*) {
    for (size_t i = 0; i < info->dlpi_phnum; ++i)
      if (info->dlpi_phdr[i].p_type == PT_INTERP) return 2;
    return 1;
  };
  return dl_iterate_phdr(visit_program, nullptr) == 1;
}

Result<NbdLibrary> load_nbd() {
  if (is_static_program())
    return fail(ErrorCode::kUnsupported, "a static program cannot load the NBD library",
                "use the usual vdetool, or copy the image with nbdcopy");
  const auto failure = [](const std::string& what) {
    const char* words = dlerror();
    return fail(ErrorCode::kUnsupported,
                what + ": " + (words != nullptr ? words : "no reason given"),
                "install libnbd (Debian: libnbd0)");
  };
  void* handle = dlopen(kNbdLibrary, RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return failure("cannot load the NBD library");
  NbdLibrary library;
#define VDE_NBD_LOAD(name)                                                                         \
  library.name = reinterpret_cast<decltype(library.name)>(dlsym(handle, "nbd_" #name)); /*NOLINT*/ \
  if (library.name == nullptr) return failure("the NBD library is too old");
  VDE_NBD_FUNCTIONS(VDE_NBD_LOAD)
#undef VDE_NBD_LOAD
  return library;
}

}  // namespace

Result<const NbdLibrary*> nbd_library() {
  static const Result<NbdLibrary> library = load_nbd();
  if (!library) return tl::make_unexpected(library.error());
  return &*library;
}

}  // namespace vde
