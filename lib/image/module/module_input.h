// A module that was read and checked, to be stored.
#pragma once

#include "image/module/code_cache.h"
#include "region/module_blocks.h"

namespace vde {

struct ModuleFile::State {
  std::unique_ptr<BlockFile> file;
  ModuleOptions options;
  uint64_t size = 0;  // bytes
  uint16_t abi = 0;
  std::string entry;
  ModuleFacts facts;
  std::optional<Error> refusal;    // why it must not be stored, unless it already is
  std::optional<Opaque<32>> hash;  // once it is known

  // Reads its bytes; valid for the lifetime of this object.
  [[nodiscard]] ByteSource source() const {
    return [this](uint64_t at, MutableBytes out) { return file->read(at, out); };
  }
};

}  // namespace vde
