#include "commands.h"
#include "commands/seal_options.h"
#include "usage.h"
#include "verify/verify_run.h"

namespace vde::cli {
namespace {

// Returns --unseal.
CLI::Option* define_repair_options(CLI::App& command, RepairArguments& repair) {
  auto* wanted = command.add_flag("--repair", repair.repair, "repair what can be repaired");
  auto* allow_loss = command.add_flag("--allow-loss", repair.allow_loss,
                                      "with --repair: also take steps that lose data");
  auto* dry_run = command.add_flag("--dry-run", repair.dry_run,
                                   "with --repair: print the plan without writing anything");
  auto* plan = command.add_option("--plan", repair.plan,
                                  "with --repair: write the plan to FILE and change nothing");
  plan->type_name("FILE");
  auto* undo =
      command.add_option("--undo", repair.undo, "with --repair: undo file (default: IMAGE.undo)");
  undo->type_name("FILE");
  auto* from = add_list(command, "--from", repair.from,
                        "with --repair: take damaged blocks from FILE, an older copy of the image");
  from->type_name("FILE")->allow_extra_args(false);
  auto* no_undo =
      command.add_flag("--no-undo", repair.no_undo, "with --repair: do not write an undo file");
  auto* unseal = command.add_flag("--unseal", repair.unseal,
                                  "with --repair: allow changing a sealed image; this removes the "
                                  "seal");
  auto* apply =
      command.add_option("--apply", repair.apply, "with --repair: apply exactly the plan in FILE");
  apply->type_name("FILE")->needs(wanted);
  for (CLI::Option* option : {allow_loss, dry_run, plan, undo, from, no_undo, unseal})
    option->needs(wanted)->excludes(apply);
  undo->excludes(no_undo);
  dry_run->excludes(plan);
  return unseal;
}

void define_printing_options(CLI::App& command, VerifyArguments& arguments) {
  command.add_flag("--summary", arguments.summary,
                   "print one line per image and the total, not the findings");
  command
      .add_option("--min-severity", arguments.min_severity,
                  "lowest severity that is printed: error, warning or note (default: note)")
      ->type_name("SEVERITY")
      ->check(one_of({"error", "warning", "note"}));
  add_count(command, "--max-warnings", arguments.max_warnings, 1'000'000'000,
            "a number of warnings from 0 to 1000000000",
            "fail if an image has more than N warnings")
      ->type_name("N");
}

void define_baseline_options(CLI::App& command, VerifyArguments& arguments) {
  command
      .add_option("--baseline", arguments.baseline,
                  "accept the findings in FILE: do not print or count them")
      ->type_name("FILE")
      ->excludes("--repair");
  command
      .add_option("--write-baseline", arguments.write_baseline,
                  "write all findings to FILE, for --baseline")
      ->type_name("FILE")
      ->excludes("--repair");
}

}  // namespace

Runner define_verify(CLI::App& command) {
  auto arguments = std::make_shared<VerifyArguments>();
  add_list(command, "IMAGE", arguments->images,
           "image files, block devices or NBD URIs; - for standard input")
      ->required();
  auto* unseal = define_repair_options(command, arguments->repair);
  add_key_files(command, arguments->key_files,
                "check seals and signatures with the key in FILE; with --repair: renew the seal")
      ->excludes(unseal);
  command
      .add_option("--scope", arguments->scope,
                  "what to check: metadata, or all (default), which includes data blocks")
      ->type_name("SCOPE")
      ->check(one_of({"metadata", "all"}))
      ->excludes("--apply");
  add_count(command, "--jobs", arguments->jobs, 256, "a number of threads from 0 to 256",
            "number of threads, for all images together (default: 0, one per core)")
      ->type_name("N");
  command
      .add_option("--fail-on", arguments->fail_on,
                  "lowest severity that makes verify fail: error or warning (default: error)")
      ->type_name("SEVERITY")
      ->check(one_of({"error", "warning"}));
  command.add_option("--format", arguments->format, "text, json, sarif or html (default: text)")
      ->type_name("FORMAT")
      ->check(one_of({"text", "json", "sarif", "html"}));
  define_printing_options(command, *arguments);
  define_baseline_options(command, *arguments);
  return [arguments](Context& context) { return run_verify(context, *arguments); };
}

}  // namespace vde::cli
