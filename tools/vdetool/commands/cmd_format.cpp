#include <fmt/format.h>

#include "commands.h"
#include "vde/create.h"
#include "vde/text.h"

namespace vde::cli {
namespace {

struct FormatArguments {
  std::string image;
  std::string size;
  uint32_t block_size = 4096;
  std::string label;
  std::string uuid;
  std::string profile;
  std::string modules;
  std::string journal_size;
  bool force = false;
  bool dry_run = false;
};

Result<CreateOptions> options_of(const FormatArguments& arguments) {
  CreateOptions options;
  VDE_TRY_ASSIGN(size, parse_size(arguments.size));
  options.size = size;
  options.block_size = arguments.block_size;
  options.label = arguments.label;
  if (arguments.uuid.empty()) {
    options.uuid = random_guid();
  } else {
    const auto uuid = parse_guid(arguments.uuid);
    if (!uuid)
      return fail(ErrorCode::kUsage, fmt::format("'{}' is no UUID", escape(arguments.uuid)),
                  "write it as 00112233-4455-6677-8899-aabbccddeeff");
    options.uuid = *uuid;
  }
  VDE_TRY_ASSIGN(
      modules, arguments.profile.empty()
                   ? parse_modules(arguments.modules.empty() ? kDefaultModules : arguments.modules)
                   : profile_modules(arguments.profile));
  options.modules = modules;
  if (!arguments.journal_size.empty()) {
    VDE_TRY_ASSIGN(journal_size, parse_size(arguments.journal_size));
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
                           {"tag", region.tag},
                           {"start", region.blocks.begin},
                           {"count", region.blocks.count()},
                           {"used", region.used}});
  }
  return Json{{"written", written},
              {"size", plan.options.size},
              {"block_size", plan.options.block_size},
              {"total_blocks", plan.total_blocks},
              {"free_blocks", plan.total_blocks - plan.allocated_blocks},
              {"total_allocated_blocks", plan.allocated_blocks},
              {"uuid", to_string(plan.options.uuid)},
              {"label", plan.options.label},
              {"module_manifest", plan.options.modules},
              {"regions", std::move(regions)}};
}

std::string plan_text(const std::string& image, const ImagePlan& plan, bool written) {
  std::string text = fmt::format("{}: {}, {} blocks of {} bytes, {} free{}\nuuid {}\n",
                                 escape(image), describe_size(plan.options.size), plan.total_blocks,
                                 plan.options.block_size, plan.total_blocks - plan.allocated_blocks,
                                 written ? "" : " (nothing written)", to_string(plan.options.uuid));
  for (const PlannedRegion& region : plan.regions)
    text += fmt::format("  {}  {} blocks from {}\n", region.tag, region.blocks.count(),
                        region.blocks.begin);
  return text;
}

Result<void> run_format(Context& context, const FormatArguments& arguments) {
  VDE_TRY_ASSIGN(options, options_of(arguments));
  VDE_TRY_ASSIGN(plan, plan_image(options));
  const bool write = !arguments.dry_run;
  if (write)
    VDE_TRY(create_image(arguments.image, plan, {arguments.force, context.globals.patience()},
                         context.activity));
  if (context.globals.json)
    return context.write_json(with_header("format", arguments.image, plan_json(plan, write)));
  if (context.globals.quiet) return {};
  return context.out.write(plan_text(arguments.image, plan, write));
}

}  // namespace

Runner define_format(CLI::App& command) {
  auto arguments = std::make_shared<FormatArguments>();
  command.add_option("IMAGE", arguments->image, "the file or device to write")->required();
  command.add_option("--size", arguments->size, "of the volume, 64M for one")->required();
  command.add_option("--block-size", arguments->block_size,
                     "bytes, a power of two from 512 to 65536; existing readers want 4096 or more");
  command.add_option("--label", arguments->label, "at most 64 bytes of UTF-8");
  command.add_option("--uuid", arguments->uuid, "of the volume; random without it");
  auto* profile = command.add_option("--profile", arguments->profile,
                                     "the modules of an existing profile, minimal for one");
  command
      .add_option("--modules", arguments->modules,
                  "comma list of tags, snapshot, compute and integrity, or none "
                  "(default tags,snapshot,compute)")
      ->excludes(profile);
  command.add_option("--journal-size", arguments->journal_size, "of the journal, 4M for one");
  command.add_flag("--force", arguments->force, "replace what is there");
  command.add_flag("--dry-run", arguments->dry_run, "print the layout, write nothing");
  return [arguments](Context& context) {
    return context.finish(arguments->image, run_format(context, *arguments));
  };
}

}  // namespace vde::cli
