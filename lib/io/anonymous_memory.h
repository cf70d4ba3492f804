// Memory of its own for much data that is touched here and there: in huge pages where the system
// has them, because otherwise each touch would wait for the page tables, too.
#pragma once

#include "vde/bytes.h"

namespace vde {

class AnonymousMemory {
 public:
  // Takes `size` bytes of address space, all zero; memory is used as they are touched. Throws
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
