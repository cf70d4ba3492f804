// A verb that works on one image, for the parser. The image is its first argument.
#pragma once

#include <memory>

#include "commands.h"
#include "commands/seal_options.h"

namespace vde::cli {

// `Arguments` belongs to a group of verbs and has members `image` and `seal`.
template <class Arguments>
struct Verb {
  using Action = Result<void> (*)(Context&, const Arguments&);

  Verb(CLI::App& parser, Action action) : command(parser), run(action) {
    command.add_option("IMAGE", arguments->image, kImageHelp)->required();
  }
  void add_seal() { add_seal_options(command, arguments->seal); }
  [[nodiscard]] Runner runner() const {
    return [arguments = arguments, run = run](Context& context) {
      return context.finish(arguments->image, run(context, *arguments));
    };
  }

  CLI::App& command;
  Action run;
  std::shared_ptr<Arguments> arguments = std::make_shared<Arguments>();
};

}  // namespace vde::cli
