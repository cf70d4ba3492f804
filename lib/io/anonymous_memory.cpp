#include "io/anonymous_memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>

namespace vde {
namespace {

// mmap rejects a length of 0.
size_t mapped_size(size_t size) {
  return std::max<size_t>(size, 1);
}

}  // namespace

AnonymousMemory::AnonymousMemory(size_t size) : size_(size) {
  void* const memory = mmap(nullptr, mapped_size(size), PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  data_ = static_cast<uint8_t*>(memory);
  static_cast<void>(madvise(memory, mapped_size(size), MADV_HUGEPAGE));
}

AnonymousMemory::~AnonymousMemory() {
  munmap(data_, mapped_size(size_));
}

}  // namespace vde
