#include <fmt/format.h>

#include "commands.h"
#include "commands/remote.h"
#include "progress.h"
#include "usage.h"
#include "vde/create.h"
#include "vde/text.h"

namespace vde::cli {
namespace {

struct FormatArguments {
  std::string image;
  std::string size;
  std::optional<std::string> block_size;
  std::string label;
  std::optional<std::string> uuid;
  std::optional<std::string> profile;
  std::string modules{kDefaultModules};
  std::optional<std::string> journal_size;
  bool force = false;
  bool dry_run = false;
};

// The modules and the block size: a profile sets both, --block-size replaces its block size.
Result<void> choose_modules(const FormatArguments& arguments, CreateOptions& options) {
  if (arguments.profile) {
    VDE_TRY_ASSIGN(profile, find_profile(*arguments.profile));
    options.modules = profile.modules;
    options.block_size = profile.block_size;
  } else {
    VDE_TRY_ASSIGN(modules, parse_modules(arguments.modules));
    options.modules = modules;
  }
  if (!arguments.block_size) return {};
  VDE_TRY_ASSIGN(block_size, parse_size(*arguments.block_size));
  if (block_size > UINT32_MAX)
    return fail(ErrorCode::kUsage,
                fmt::format("the block size '{}' is too large", escape(*arguments.block_size)));
  options.block_size = static_cast<uint32_t>(block_size);
  return {};
}

std::vector<std::string> words_of(const std::vector<std::string_view>& names) {
  return {names.begin(), names.end()};
}

Result<CreateOptions> options_of(const FormatArguments& arguments) {
  CreateOptions options;
  VDE_TRY_ASSIGN(size, parse_size(arguments.size));
  options.size = size;
  VDE_TRY(choose_modules(arguments, options));
  VDE_TRY_ASSIGN(label, parse_label(arguments.label));
  options.label = label;
  if (!arguments.uuid) {
    options.uuid = random_guid();
  } else {
    const auto uuid = parse_guid(*arguments.uuid);
    if (!uuid) return invalid_id("UUID", *arguments.uuid);
    options.uuid = *uuid;
  }
  if (arguments.journal_size) {
    VDE_TRY_ASSIGN(journal_size, parse_size(*arguments.journal_size));
    options.journal_size = journal_size;
  }
  VDE_TRY_ASSIGN(now, current_ticks());
  options.now = now;
  return options;
}

Json plan_json(const ImagePlan& plan, bool written) {
  Json regions = Json::array();
  for (size_t slot = 0; slot < plan.regions.size(); ++slot) {
    const PlannedRegion& region = plan.regions[slot];
    regions.push_back(Json{{"slot", slot},
                           {"tag", region.type},
                           {"start", region.blocks.begin},
                           {"count", region.blocks.count()},
                           {"used", region.used}});
  }
  Json json{{"written", written},
            {"size", plan.options.size},
            {"block_size", plan.options.block_size},
            {"total_blocks", plan.total_blocks},
            {"free_blocks", plan.total_blocks - plan.allocated_blocks},
            {"total_allocated_blocks", plan.allocated_blocks},
            {"uuid", to_string(plan.options.uuid)}};
  put_text(json, "label", plan.options.label);
  json["module_manifest"] = plan.options.modules;
  json["module_manifest_names"] = module_manifest_names(plan.options.modules);
  json["regions"] = std::move(regions);
  return json;
}

std::string plan_text(const std::string& image, const ImagePlan& plan, bool written) {
  std::string text = fmt::format("{}: {}, {} blocks of {} bytes, {} free{}\nuuid {}\n",
                                 escape(image), describe_size(plan.options.size), plan.total_blocks,
                                 plan.options.block_size, plan.total_blocks - plan.allocated_blocks,
                                 written ? "" : " (nothing written)", to_string(plan.options.uuid));
  // A heading is for people; scripts read a region per line.
  if (Context::is_terminal())
    text += fmt::format("  {:<6}  {:>8}  {:>8}\n", "region", "blocks", "first");
  for (const PlannedRegion& region : plan.regions)
    text += fmt::format("  {:<6}  {:>8}  {:>8}\n", region.type, region.blocks.count(),
                        region.blocks.begin);
  return text;
}

Result<void> run_format(Context& context, const FormatArguments& arguments) {
  VDE_TRY(refuse_standard_output(arguments.image, "image"));
  VDE_TRY(refuse_remote(arguments.image, "an image cannot be created"));
  VDE_TRY_ASSIGN(options, options_of(arguments));
  VDE_TRY_ASSIGN(plan, plan_image(options));
  const bool write = !arguments.dry_run;
  name_file(arguments.image);
  name_wait("the lock");
  if (write)
    VDE_TRY(create_image(arguments.image, plan, {arguments.force, context.globals.patience()},
                         context.activity));
  if (write) context.note_change(arguments.image);
  if (context.globals.json)
    return context.write_json(with_header("format", arguments.image, plan_json(plan, write)));
  if (context.globals.quiet) return {};
  return context.out.write(plan_text(arguments.image, plan, write));
}

}  // namespace

Runner define_format(CLI::App& command) {
  auto arguments = std::make_shared<FormatArguments>();
  command.add_option("IMAGE", arguments->image, "file or block device to write")->required();
  command.add_option("--size", arguments->size, "volume size, e.g. 64M")
      ->type_name("SIZE")
      ->required();
  add_text(command, "--block-size", arguments->block_size,
           "block size: a power of two from 512 to 65536 (default: the profile's, else 4096; the "
           "SDK needs at least 4096)")
      ->type_name("SIZE");
  command.add_option("--label", arguments->label,
                     "volume label (up to 64 bytes of UTF-8; escapes such as \\n are read)");
  add_text(command, "--uuid", arguments->uuid, "volume UUID (default: random)")->type_name("UUID");
  auto* profile =
      add_text(command, "--profile", arguments->profile,
               "use the modules and the block size of a profile: minimal, standard, enterprise, "
               "max-security, edge-iot or analytics");
  profile->type_name("NAME")->check(offers(words_of(profile_names())));
  command
      .add_option("--modules", arguments->modules,
                  "comma-separated list of modules, or none (default: tags,snapshot,compute)")
      ->type_name("LIST")
      ->check(offers(words_of(module_names())))
      ->excludes(profile);
  add_text(command, "--journal-size", arguments->journal_size,
           "journal size, e.g. 4M (default: 1/64 of the volume)")
      ->type_name("SIZE");
  command.add_flag("--force", arguments->force, "overwrite existing contents");
  command.add_flag("--dry-run", arguments->dry_run, "print the layout without writing anything");
  return [arguments](Context& context) {
    return context.finish(arguments->image, run_format(context, *arguments));
  };
}

}  // namespace vde::cli
