// Separate memory for large data with random access. It uses huge pages if the system has them,
// because otherwise each access would also wait for the page tables.
#pragma once

#include "vde/bytes.h"

namespace vde {

class AnonymousMemory {
 public:
  // Reserves `size` bytes of address space, all zero; memory is used as it is touched. Throws
  // std::bad_alloc.
  explicit AnonymousMemory(size_t size);
  AnonymousMemory(const AnonymousMemory&) = delete;
  AnonymousMemory& operator=(const AnonymousMemory&) = delete;
  ~AnonymousMemory();

  [[nodiscard]] uint8_t* data() { return data_; }
  [[nodiscard]] MutableBytes bytes() { return {data_, size_}; }
  [[nodiscard]] Bytes bytes() const { return {data_, size_}; }

 private:
  uint8_t* data_;
  size_t size_;
};

}  // namespace vde
