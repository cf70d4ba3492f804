#include "commands/seal_options.h"

#include "usage.h"

namespace vde::cli {

CLI::Option* add_key_files(CLI::App& command, std::vector<std::string>& files,
                           const std::string& help) {
  return add_list(command, "--key-file", files, help)->type_name("FILE")->allow_extra_args(false);
}

void add_seal_options(CLI::App& command, SealChoice& seal) {
  auto* unseal = command.add_flag("--unseal", seal.unseal,
                                  "allow changing a sealed image; this removes the seal");
  add_key_files(command, seal.key_files,
                "change a sealed image and renew its seal, with the key in FILE")
      ->excludes(unseal);
}

}  // namespace vde::cli
