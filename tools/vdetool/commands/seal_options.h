// The options for seals and keys.
#pragma once

#include <CLI/CLI.hpp>

#include "commands/seal_choice.h"

namespace vde::cli {

// Adds --key-file to `command`, which may be given several times.
CLI::Option* add_key_files(CLI::App& command, std::vector<std::string>& files,
                           const std::string& help);
// Adds --unseal and --key-file, of which only one may be given.
void add_seal_options(CLI::App& command, SealChoice& seal);

}  // namespace vde::cli
