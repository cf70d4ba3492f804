#include "commands.h"
#include "completion/command_tree.h"
#include "usage.h"

namespace vde::cli {
namespace {

Result<void> run_completion(Context& context, CLI::App& command, const std::string& shell) {
  CLI::App* program = &command;
  while (program->get_parent() != nullptr) program = program->get_parent();
  const CommandTree tree = command_tree(*program);
  const std::string script = shell == "bash"  ? bash_script(tree)
                             : shell == "zsh" ? zsh_script(tree)
                                              : fish_script(tree);
  if (context.globals.json)
    return context.write_json(Json{{"schema_version", kSchemaVersion},
                                   {"command", "completion"},
                                   {"shell", shell},
                                   {"script", script}});
  // It is a program, also on a terminal.
  context.out.fit_lines(0);
  return context.out.write(script);
}

}  // namespace

Runner define_completion(CLI::App& command) {
  auto shell = std::make_shared<std::string>();
  command.add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(one_of({"bash", "zsh", "fish"}));
  return [shell, &command](Context& context) {
    return context.finish("", run_completion(context, command, *shell));
  };
}

}  // namespace vde::cli
