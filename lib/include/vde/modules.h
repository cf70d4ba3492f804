// The compute code cache: WebAssembly modules, stored in blocks of their own and identified by the
// SHA-256 of their bytes. Image::modules() reads it, Change::modules() changes it.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vde/activity.h"
#include "vde/guid.h"
#include "vde/module_abi.h"
#include "vde/storage.h"
#include "vde/ticks.h"

namespace vde {

struct ChangeState;

// "preview1", "preview2" or "stable"; "unknown" for a number that the format does not define.
[[nodiscard]] std::string_view module_abi_name(uint16_t abi);
// The inverse of module_abi_name(); nothing for an unknown name.
[[nodiscard]] std::optional<uint16_t> parse_module_abi(std::string_view name);

// An entry of the table. Numbers are not validated.
struct Module {
  std::array<uint8_t, 32> hash{};  // SHA-256 of the module's bytes
  Guid id;
  int64_t first_block = 0;
  int32_t block_count = 0;
  int32_t size = 0;  // bytes
  uint16_t abi = 0;
  Ticks registered;
  std::string entry_point;  // UTF-8 in a valid image

  bool operator==(const Module&) const = default;
};

// The result of examining a module's bytes.
struct ModuleFacts {
  std::string problem;        // why the bytes are not WebAssembly; empty if they are
  bool is_component = false;  // true: a component; false: a core module
  uint64_t sections = 0;
  uint64_t imports = 0;
  uint64_t exports = 0;
  bool entry_exported = false;  // the entry point is an exported function
  enum class Validation {
    kNotDone,  // built without wabt, or wabt cannot check this kind or size
    kValid,
    kInvalid,
    kNotUnderstood,  // wabt cannot read it, e.g. an unknown proposal
  } validation = Validation::kNotDone;
  std::string validation_note;  // why, in words; empty if valid
};
// True if this build can validate whole modules.
[[nodiscard]] bool can_validate_modules();
// The name and version of the validator that this build uses; both empty if it has none.
struct ModuleValidator {
  std::string_view name;
  std::string_view version;
};
[[nodiscard]] ModuleValidator module_validator();

struct ModuleOptions {
  // Empty: no entry point. Default: the export _start, else _initialize, else, in a component,
  // wasi:cli/run, else none.
  std::optional<std::string> entry = {};
  std::optional<uint16_t> abi = {};  // default: inferred from imports and layer
  std::optional<Guid> id = {};       // default: derived from the hash
  bool force = false;                // accept an entry point that is not exported
  bool strict = false;               // refuse what the validator does not call valid
};

// A module to be stored. It is read and checked before the image is opened.
class ModuleFile {
 public:
  struct State;  // internal
  // Opens the regular file `path`. Any other kind of file, or standard input for "-", is first
  // copied to a temporary file. kMalformed if the bytes are not well-formed WebAssembly; kUsage for
  // an entry point that cannot be stored; kIo; kInterrupted. A missing entry point and the verdict
  // of the validator only matter to ModuleEditor::add().
  [[nodiscard]] static Result<ModuleFile> open(const std::string& path,
                                               const ModuleOptions& options, Activity& activity);
  // Same, for a module in any storage.
  [[nodiscard]] static Result<ModuleFile> open(std::unique_ptr<BlockFile> file,
                                               const ModuleOptions& options,
                                               const Activity& activity = {});
  ModuleFile(ModuleFile&&) noexcept;
  ModuleFile& operator=(ModuleFile&&) noexcept;
  ~ModuleFile();

  [[nodiscard]] const ModuleFacts& facts() const;

 private:
  friend class ModuleEditor;
  explicit ModuleFile(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

class ModuleReader {
 public:
  struct State;  // internal
  ModuleReader(ModuleReader&&) noexcept;
  ModuleReader& operator=(ModuleReader&&) noexcept;
  ~ModuleReader();

  // Calls `visit` for all modules in table order; return false to stop. kDamaged.
  [[nodiscard]] Result<void> list(const std::function<bool(const Module&)>& visit);

  // Returns the module that `reference` names: its hash, its id, or a unique prefix of either of at
  // least 4 digits. kNotFound if there is none; kUsage, naming the candidates, if there are
  // several.
  [[nodiscard]] Result<Module> find(std::string_view reference);

  // Examines and validates the stored bytes. kDamaged if their blocks are invalid.
  [[nodiscard]] Result<ModuleFacts> facts(const Module& module, Activity& activity);

  // Passes the stored bytes to `sink`; each block is verified first. kDamaged if a block is invalid
  // or, at the end, the bytes do not match the hash.
  [[nodiscard]] Result<void> read(const Module& module, Activity& activity,
                                  const std::function<Result<void>(Bytes)>& sink);

  // Hashes the stored bytes of `modules` and passes each module with its verdict to `visit`, in
  // their order. The verdict is kDamaged as for read(), and for a module that was not hashed
  // because its blocks belong to several others: no block is hashed more than twice.
  [[nodiscard]] Result<void> verify(
      std::span<const Module> modules, Activity& activity,
      const std::function<Result<void>(const Module&, const Result<void>& verdict)>& visit);

  // Writes the bytes to a new file, atomically. kExists if the file already exists; else as read().
  [[nodiscard]] Result<void> extract(const Module& module, const std::string& path,
                                     Activity& activity);

 private:
  friend class Image;
  explicit ModuleReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// References are resolved as the change sees them, including modules that it added.
class ModuleEditor {
 public:
  // Returns the module that has the bytes of `file`; nothing if there is none.
  [[nodiscard]] Result<std::optional<Module>> find(ModuleFile& file, Activity& activity);

  // Stores the module `file` and returns its entry. kUnchanged, naming its id, if the same bytes
  // are already stored; kMalformed if its entry point is not exported (unless the options say
  // `force`) or if the options say `strict` and the validator does not call it valid; kExists if
  // the id is taken; kNoSpace.
  [[nodiscard]] Result<Module> add(ModuleFile& file, Activity& activity);

  // Removes the modules that `references` name, frees their blocks and returns their entries.
  // Errors as for ModuleReader::find; nothing is staged then.
  [[nodiscard]] Result<std::vector<Module>> remove(std::span<const std::string> references);

 private:
  friend struct ChangeState;
  explicit ModuleEditor(ChangeState& change) : change_(change) {}
  ChangeState& change_;
};

}  // namespace vde
