// The compute code cache: WebAssembly modules, stored in blocks of their own and found by the
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

struct ModuleOptions {
  std::string entry = "_start";
  std::optional<uint16_t> abi = {};  // nothing: inferred from imports and layer
  std::optional<Guid> id = {};       // nothing: made of the hash
  bool force = false;  // also where the entry point is not exported, or wabt says invalid
};

// A module that is to be stored, read and judged before the image is opened.
class ModuleFile {
 public:
  struct State;  // the library's own
  // The bytes of the regular file `path`; of another one, or of standard input for "-", a temporary
  // copy that is made first. kMalformed where they are not WebAssembly, are invalid, or have no
  // such entry point; kUsage for an entry point that cannot be stored.
  [[nodiscard]] static Result<ModuleFile> open(const std::string& path,
                                               const ModuleOptions& options, Activity& activity);
  // The same, of the bytes in any storage.
  [[nodiscard]] static Result<ModuleFile> open(std::unique_ptr<BlockFile> file,
                                               const ModuleOptions& options);
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
  ModuleReader(ModuleReader&&) noexcept;
  ModuleReader& operator=(ModuleReader&&) noexcept;
  ~ModuleReader();

  // Hands out all modules in the table's order; false = no more of them.
  [[nodiscard]] Result<void> list(const std::function<bool(const Module&)>& visit);

  // The module that `reference` means: a whole hash or id, else the beginning of one, 4 digits or
  // more. kNotFound where there is none, kUsage, naming them, where there are several.
  [[nodiscard]] Result<Module> find(std::string_view reference);

  // Reads what of the stored bytes says what they are, and validates them. kDamaged where their
  // blocks do not verify.
  [[nodiscard]] Result<ModuleFacts> facts(const Module& module, Activity& activity);

  // Hands the stored bytes to `sink`, every block verified first. kDamaged where one does not
  // verify or where, in the end, the bytes are not those of the hash.
  [[nodiscard]] Result<void> read(const Module& module, Activity& activity,
                                  const std::function<Result<void>(Bytes)>& sink);

  // The same, into a file that appears complete or not at all; kExists where it is there already.
  [[nodiscard]] Result<void> extract(const Module& module, const std::string& path,
                                     Activity& activity);

 private:
  friend class Image;
  struct State;
  explicit ModuleReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// References name modules as the change has them, those that it stored included.
class ModuleEditor {
 public:
  // Stores the bytes of `file`. kUnchanged, naming its id, where a module of the same bytes is
  // there already; kExists for an id that is taken; kNoSpace.
  [[nodiscard]] Result<Module> add(ModuleFile& file, Activity& activity);

  // Takes the modules out that `references` mean, and frees their blocks. Returns them; errors as
  // for ModuleReader::find, with nothing staged.
  [[nodiscard]] Result<std::vector<Module>> remove(std::span<const std::string> references);

 private:
  friend struct ChangeState;
  explicit ModuleEditor(ChangeState& change) : change_(change) {}
  ChangeState& change_;
};

}  // namespace vde
