// A verb that works on one image, as the parser sees it: the image comes first.
#pragma once

#include <memory>

#include "commands.h"

namespace vde::cli {

// `Arguments` are those of a group of verbs; `image` and `unseal` are among them.
template <class Arguments>
struct Verb {
  using Action = Result<void> (*)(Context&, const Arguments&);

  Verb(CLI::App& parser, Action action) : command(parser), run(action) {
    command.add_option("IMAGE", arguments->image, "the image")->required();
  }
  void add_unseal() {
    command.add_flag("--unseal", arguments->unseal, "change a sealed image, which clears its seal");
  }
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
