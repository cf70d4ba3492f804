#include <algorithm>

#include "format/hash.h"
#include "fuzz/play_parts.h"
#include "support/wasm_bytes.h"

namespace vde::test {
namespace {

class ModulePlay {
 public:
  ModulePlay(FuzzImage& fuzz, IsClean clean) : fuzz_(fuzz), clean_(clean) {}

  void run() {
    const std::vector<Module> before = read_all();
    if (!fuzz_.play.changes) return;
    if (fuzz_.play.choice % 2 == 0) {
      const bool added = add();
      if (clean_) promise_clean(*fuzz_.image);
      const std::vector<Module> after = read_all();
      if (clean_) promise(after.size() == before.size() + (added ? 1 : 0), "modules are lost");
    }
    if (before.empty()) return;
    const std::string id = to_string(before[before.size() / 2].id);
    const auto removed = remove_modules(fuzz_.image->file(), {id}, kFuzzEdit);
    if (!removed && clean_) promise_refusal(removed.error());
    if (clean_) promise_clean(*fuzz_.image);
  }

 private:
  std::vector<Module> read_all() {
    const auto image = open_to_read(fuzz_.image->file());
    if (!image) {
      promise(!clean_, "a clean image cannot be opened");
      return {};
    }
    auto reader = image->modules();
    if (!reader) {
      if (clean_) promise_refusal(reader.error());
      return {};
    }
    std::vector<Module> all;
    const auto read = reader->list([&](const Module& module) {
      all.push_back(module);
      return true;
    });
    if (!read && clean_) promise_refusal(read.error());
    for (size_t i = 0; i < all.size(); i += clean_ ? 1 : 3) read_module(*reader, all[i]);
    if (!read) all.clear();
    return all;
  }

  void read_module(ModuleReader& reader, const Module& module) {
    const auto found = reader.find(to_hex(module.hash));
    if (found) promise(found->hash == module.hash, "another module is found");
    if (clean_) promise(found && *found == module, "a module is not found by its hash");
    Activity activity;
    std::vector<uint8_t> bytes;
    const auto read = reader.read(module, activity, [&](Bytes some) {
      bytes.insert(bytes.end(), some.begin(), some.end());
      return Result<void>{};
    });
    if (read) promise(sha256(bytes) == module.hash, "wrong bytes are returned as valid");
    if (clean_) promise(read.has_value(), "a clean module cannot be read");
    if (!fuzz_.play.stats) return;
    const auto facts = reader.facts(module, activity);
    if (clean_) promise(facts.has_value(), "a clean module has no facts");
  }

  bool add() {
    MemoryFile module(wasm_of_size(700, 77));
    ModuleOptions request;
    request.force = true;
    request.entry = std::string(fuzz_.play.choice * 60, 'n');
    Activity activity;
    const auto made = register_module(fuzz_.image->file(), module, request, kFuzzEdit, activity);
    if (!made && clean_) promise_refusal(made.error());
    return made.has_value();
  }

  FuzzImage& fuzz_;
  IsClean clean_;
};

}  // namespace

void play_modules(FuzzImage& fuzz, IsClean clean) {
  ModulePlay(fuzz, clean).run();
}

}  // namespace vde::test
