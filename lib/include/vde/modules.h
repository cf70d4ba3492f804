// The compute code cache: WebAssembly modules, stored in blocks of their own and found by the
// SHA-256 of their bytes. An `image` is one whose lock the caller holds: a shared one for reading,
// the exclusive one for changing it. Functions that only read see what was committed last, and
// never write.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vde/activity.h"
#include "vde/edit.h"
#include "vde/guid.h"
#include "vde/module_abi.h"

namespace vde {

// "preview1", "preview2", "stable"; "unknown" for numbers that the format does not name.
[[nodiscard]] std::string_view module_abi_name(uint16_t abi);
// The number of one of the three names.
[[nodiscard]] std::optional<uint16_t> parse_module_abi(std::string_view name);

// An entry of the table, numbers as they stand there.
struct Module {
  std::array<uint8_t, 32> hash{};  // SHA-256 of its bytes
  Guid id;
  int64_t first_block = 0;
  int32_t block_count = 0;
  int32_t size = 0;  // bytes
  uint16_t abi = 0;
  Ticks registered;
  std::string entry_point;  // UTF-8, unless the image says otherwise

  bool operator==(const Module&) const = default;
};

// The bytes of the regular file `path`; of another one, or of standard input for "-", a temporary
// copy that is made first. kUnsupported where they are more than a module may have.
[[nodiscard]] Result<std::unique_ptr<BlockFile>> open_module_file(const std::string& path,
                                                                  Activity& activity);

// What is known of a module's bytes.
struct ModuleFacts {
  std::string problem;        // why the bytes are not WebAssembly; empty where they are
  bool is_component = false;  // of the component layer; else a core module
  uint64_t sections = 0;
  uint64_t imports = 0;
  uint64_t exports = 0;
  bool entry_exported = false;  // the entry point is an exported function
  enum class Validation {
    kNotDone,  // this program was built without wabt, or the module is none that it can judge
    kValid,
    kInvalid,
    kNotUnderstood,  // wabt cannot read it: a proposal that it does not know, or damage
  } validation = Validation::kNotDone;
  std::string validation_note;  // why, in words; empty where valid
};
// Whether this build validates whole modules.
[[nodiscard]] bool can_validate_modules();

struct RegisterOptions {
  std::string entry = "_start";
  std::optional<uint16_t> abi;  // nothing: told by imports and layer
  std::optional<Guid> id;       // nothing: made of the hash
  bool force = false;           // also where the entry point is not exported, or wabt says invalid
};

struct Registered {
  Module module;
  ModuleFacts facts;
};

// Stores the bytes of `file`, durably and in one commit. kNotFound, naming its id, where a module
// of the same bytes is there already; kUnsupported where the bytes are not WebAssembly, are too
// many, or have no such entry point; kUsage for an entry point that cannot be stored; kExists for
// an id that is taken; kNoSpace. After an error the image is as it was.
[[nodiscard]] Result<Registered> register_module(BlockFile& image, BlockFile& file,
                                                 const RegisterOptions& options,
                                                 const EditOptions& edit, Activity& activity);

// Hands out all modules in the table's order; false = no more of them. kUnsupported where the image
// has no code cache or uses unknown features, kDamaged where it cannot be read.
[[nodiscard]] Result<void> list_modules(BlockFile& image,
                                        const std::function<bool(const Module&)>& visit);

// The module that `reference` means: a whole hash or id, else the beginning of one, 4 digits or
// more. kNotFound where there is none, kUsage, naming them, where there are several.
[[nodiscard]] Result<Module> resolve_module(BlockFile& image, std::string_view reference);

// Reads what of the stored bytes tells what they are, and validates them. kDamaged where their
// blocks do not verify.
[[nodiscard]] Result<ModuleFacts> module_facts(BlockFile& image, const Module& module,
                                               Activity& activity);

// Hands the stored bytes to `sink`, every block verified first. kDamaged where one does not verify
// or where, in the end, the bytes are not those of the hash.
[[nodiscard]] Result<void> read_module_bytes(BlockFile& image, const Module& module,
                                             const std::function<Result<void>(Bytes)>& sink,
                                             Activity& activity);
// The same, into a file that appears complete or not at all; kExists where it is there already.
[[nodiscard]] Result<void> extract_module(BlockFile& image, const Module& module,
                                          const std::string& path, Activity& activity);

// Takes the modules out that `references` mean, and frees their blocks, in one commit. Returns
// them; errors as for resolve_module, with nothing changed.
[[nodiscard]] Result<std::vector<Module>> remove_modules(BlockFile& image,
                                                         const std::vector<std::string>& references,
                                                         const EditOptions& edit);

}  // namespace vde
