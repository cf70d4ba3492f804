#include <array>

#include "format/wasm/code.h"
#include "format/wasm/sections.h"
#include "format/wasm/types.h"

namespace vde {
namespace {

enum class CoreSection : uint8_t {
  kCustom = 0,
  kTypes = 1,
  kImports = 2,
  kFunctions = 3,
  kTables = 4,
  kMemories = 5,
  kGlobals = 6,
  kExports = 7,
  kStart = 8,
  kElements = 9,
  kCode = 10,
  kData = 11,
  kDataCount = 12,
  kTags = 13,
};

// The order of the sections, by id: each occurs at most once, in this order. 0 = anywhere.
constexpr std::array<uint8_t, 14> kOrder = {0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 12, 13, 11, 6};

class CoreReader {
  using enum CoreSection;

 public:
  CoreReader(WasmInput& input, WasmNames* names) : input_(input), names_(names) {}

  void read() {
    while (input_.left() != 0) {
      const WasmSection section = begin_section(input_);
      check_order(section.id);
      read_section(section.id);
      if (CoreSection{section.id} == kImports && !input_.understood())
        code_context_.memories_known = false;
      input_.end_part(section.mark);
      if (names_ != nullptr) ++names_->summary.sections;
    }
    if (bodies_ != functions_)
      input_.malformed("the numbers of functions and of function bodies differ");
    if (data_count_ && *data_count_ != segments_)
      input_.malformed("the data count section and the data section differ");
  }

 private:
  void check_order(uint8_t id) {
    if (id >= kOrder.size()) return input_.malformed("a section has an invalid id");
    if (kOrder[id] == 0) return;
    if (kOrder[id] <= reached_) return input_.malformed("a section is out of order or repeated");
    reached_ = kOrder[id];
  }

  void read_section(uint8_t id) {
    switch (CoreSection{id}) {
      case kCustom:
        input_.name();
        return input_.skip(input_.left());
      case kTypes:
        return each(skip_recursive_type);
      case kImports:
        return read_each(&CoreReader::read_imports);
      case kFunctions:
        functions_ = input_.u32();
        return read_items(input_, functions_, [&] { input_.u32(); });
      case kTables:
        return read_each(&CoreReader::read_table);
      case kMemories:
        return read_each(&CoreReader::read_memory);
      case kGlobals:
        return read_each(&CoreReader::read_global);
      case kExports:
        return read_each(&CoreReader::read_export);
      case kStart:
        return static_cast<void>(input_.u32());
      case kElements:
        return read_each(&CoreReader::read_elements);
      case kDataCount:
        data_count_ = input_.u32();
        code_context_.has_data_count = true;
        return;
      case kCode:
        return read_code();
      case kData:
        segments_ = input_.u32();
        return read_items(input_, segments_, [&] { read_data(); });
      case kTags:
        return each(skip_tag_type);
    }
  }

  void each(void (*skip)(WasmInput&)) {
    read_items(input_, input_.u32(), [&] { skip(input_); });
  }
  void read_each(void (CoreReader::*item)()) {
    read_items(input_, input_.u32(), [&] { (this->*item)(); });
  }

  void read_imports() {
    // Compact groups of imports from one module: with a type each, or with one type.
    constexpr uint8_t kTypedItems = 0x7F;
    constexpr uint8_t kItemsOfOneType = 0x7E;
    const WasmName module = input_.name();
    const WasmName name = input_.name();
    const uint8_t kind = input_.byte();
    if (name.size == 0 && kind == kTypedItems) {
      read_items(input_, input_.u32(), [&] {
        input_.name();
        add_import(module, input_.byte());
      });
    } else if (name.size == 0 && kind == kItemsOfOneType) {
      read_items_of_one_type(module);
    } else {
      add_import(module, kind);
    }
  }

  void read_items_of_one_type(const WasmName& module) {
    const size_t memories = code_context_.memories.size();
    skip_import_type(input_.byte());
    const bool is_memory = code_context_.memories.size() > memories;
    const bool is_64_bit = is_memory && code_context_.memories.back();
    code_context_.memories.resize(memories);
    read_items(input_, input_.u32(), [&] {
      input_.name();
      if (is_memory) code_context_.memories.push_back(is_64_bit);
      if (names_ != nullptr) names_->add_import(module);
    });
  }

  void add_import(const WasmName& module, uint8_t kind) {
    if (names_ != nullptr) names_->add_import(module);
    skip_import_type(kind);
  }

  void skip_import_type(uint8_t kind) {
    constexpr uint8_t kExactFunction = 0x20;
    switch (kind) {
      case 0:
      case kExactFunction:
        return static_cast<void>(input_.u32());
      case 1:
        return skip_table_type(input_);
      case 2:
        return read_memory();
      case 3:
        return skip_global_type(input_);
      case 4:
        return skip_tag_type(input_);
      default:
        return input_.malformed("an import has an invalid kind");
    }
  }

  void read_table() {
    constexpr uint8_t kWithInitializer = 0x40;
    const bool initialized = input_.peek() == kWithInitializer;
    if (initialized) {
      input_.skip(1);
      if (input_.byte() != 0) return input_.malformed("a table has an invalid form");
    }
    skip_table_type(input_);
    if (initialized) skip_expression(input_, code_context_);
  }

  void read_memory() { code_context_.memories.push_back(read_memory_type(input_)); }

  void read_global() {
    skip_global_type(input_);
    skip_expression(input_, code_context_);
  }

  void read_export() {
    constexpr uint8_t kFunction = 0;
    constexpr uint8_t kLastKind = 4;
    const WasmName name = input_.name();
    const uint8_t kind = input_.byte();
    if (kind > kLastKind) return input_.malformed("an export has an invalid kind");
    input_.u32();
    if (names_ != nullptr && input_.ok()) names_->add_export(name, kind == kFunction);
  }

  void read_elements() {
    constexpr uint32_t kNotActive = 1;    // passive or declarative
    constexpr uint32_t kHasIndex = 2;     // of an active one
    constexpr uint32_t kExpressions = 4;  // instead of function indexes
    constexpr uint32_t kLastFlags = 7;
    const uint32_t flags = input_.u32();
    if (flags > kLastFlags) return input_.malformed("an element segment has invalid flags");
    if ((flags & kNotActive) == 0) {
      if ((flags & kHasIndex) != 0) input_.u32();
      skip_expression(input_, code_context_);
    }
    const bool has_type = (flags & (kNotActive | kHasIndex)) != 0;
    if (has_type && (flags & kExpressions) != 0)
      skip_reference_type(input_);
    else if (has_type && input_.byte() != 0)
      return input_.malformed("an element segment has an invalid kind");
    read_items(input_, input_.u32(), [&] {
      if ((flags & kExpressions) != 0)
        skip_expression(input_, code_context_);
      else
        input_.u32();
    });
  }

  void read_code() {
    bodies_ = input_.u32();
    if (bodies_ != functions_)
      return input_.malformed("the numbers of functions and of function bodies differ");
    read_items(input_, bodies_, [&] {
      const uint64_t mark = input_.begin_part(input_.u32());
      skip_function_body(input_, code_context_);
      input_.end_part(mark);
    });
  }

  void read_data() {
    constexpr uint32_t kPassive = 1;
    constexpr uint32_t kHasMemory = 2;
    const uint32_t flags = input_.u32();
    if (flags > kHasMemory) return input_.malformed("a data segment has invalid flags");
    if (flags == kHasMemory) input_.u32();
    if (flags != kPassive) skip_expression(input_, code_context_);
    input_.skip(input_.u32());
  }

  WasmInput& input_;
  WasmNames* names_;
  WasmCodeContext code_context_;
  uint8_t reached_ = 0;  // position in the order of sections
  uint32_t functions_ = 0;
  uint32_t bodies_ = 0;
  std::optional<uint32_t> data_count_;
  uint32_t segments_ = 0;  // of data
};

}  // namespace

void read_core_sections(WasmInput& input, WasmNames* names) {
  CoreReader(input, names).read();
}

}  // namespace vde
