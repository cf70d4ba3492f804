#include "image/module/code_cache.h"

namespace vde {

Module public_module(const ModuleEntry& entry) {
  return {entry.hash, entry.id,  entry.first_block, entry.block_count,
          entry.size, entry.abi, entry.registered,  entry.entry_point};
}

ModuleEntry entry_of(const Module& module) {
  ModuleEntry entry;
  entry.hash = module.hash;
  entry.id = module.id;
  entry.first_block = module.first_block;
  entry.block_count = module.block_count;
  entry.size = module.size;
  entry.abi = module.abi;
  entry.registered = module.registered;
  entry.entry_point = module.entry_point;
  return entry;
}

ModuleFacts facts_of(const WasmSummary& summary) {
  ModuleFacts facts;
  facts.is_component = summary.layer == WasmLayer::kComponent;
  facts.sections = summary.sections;
  facts.imports = summary.imports;
  facts.exports = summary.exports;
  facts.entry_exported = summary.entry_exported;
  return facts;
}

}  // namespace vde
