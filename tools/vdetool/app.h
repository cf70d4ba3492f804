// The command line: from arguments to a command, and from its outcome to an exit status.
#pragma once

namespace vde::cli {

// Runs the program; returns its exit status.
int run(int argc, char** argv);

}  // namespace vde::cli
