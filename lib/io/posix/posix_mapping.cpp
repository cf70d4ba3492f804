#include "io/posix/posix_mapping.h"

#include <sys/mman.h>
#include <unistd.h>

namespace vde {

std::unique_ptr<PosixMapping> PosixMapping::of(int fd, ByteRange range) {
  const auto page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  const uint64_t begin = range.begin / page * page;
  const size_t length = range.end - begin;
  if (range.empty()) return nullptr;
  void* address = mmap(nullptr, length, PROT_READ, MAP_SHARED, fd, static_cast<off_t>(begin));
  if (address == MAP_FAILED) return nullptr;
  return std::unique_ptr<PosixMapping>(new PosixMapping(address, length, range.begin - begin));
}

PosixMapping::~PosixMapping() {
  munmap(address_, length_);
}

void PosixMapping::release_memory() const {
  static_cast<void>(advise(MADV_DONTNEED));
}

bool PosixMapping::advise(int advice) const {
  return madvise(address_, length_, advice) == 0;
}

}  // namespace vde
