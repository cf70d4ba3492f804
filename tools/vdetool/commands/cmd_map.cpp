#include <fmt/format.h>

#include <optional>

#include "bus_error.h"
#include "commands.h"
#include "commands/volume_options.h"
#include "map/map_picture.h"
#include "map/map_runs.h"
#include "map/map_svg.h"
#include "map/map_terminal.h"
#include "output_file.h"
#include "progress.h"
#include "terminal.h"
#include "usage.h"
#include "vde/text.h"
#include "verify_text.h"

namespace vde::cli {
namespace {

struct MapArguments {
  std::string image;
  std::string svg;  // or empty
  std::optional<std::string> blocks;
  std::string scope = "all";
  bool force = false;
};

// What verify found.
struct MapChecks {
  static constexpr size_t kMaxShown = 8;

  MapFindings found;
  std::vector<Finding> shown;  // the first errors and warnings
  VerifySummary counts;
  std::optional<Error> error;  // why the image was not verified completely

  void add(const Finding& finding) {
    found.add(finding);
    if (finding.kind->severity == Severity::kNote) return;
    ++(finding.kind->severity == Severity::kError ? counts.errors : counts.warnings);
    if (shown.size() < kMaxShown) shown.push_back(finding);
  }
  // "2 errors, 1 warning", or what could not be checked.
  [[nodiscard]] std::string verdict() const {
    std::string text = counts.errors + counts.warnings == 0
                           ? std::string(error ? "" : "no errors, no warnings")
                           : fmt::format("{}, {}", counted(counts.errors, "error"),
                                         counted(counts.warnings, "warning"));
    if (error)
      return text + fmt::format("{}not verified: {}", text.empty() ? "" : "; ", error->message);
    if (!counts.not_checked.empty()) text += "; not checked: " + joined(counts.not_checked);
    return text;
  }
};

class MapRunner {
 public:
  MapRunner(Context& context, const MapArguments& arguments)
      : context_(context), arguments_(arguments) {}

  Result<void> run() {
    if (context_.globals.json && !arguments_.svg.empty() && names_standard_output(arguments_.svg))
      return fail(ErrorCode::kUsage, "--json and --svg - cannot be combined",
                  "give a file name to --svg");
    if (arguments_.force && arguments_.svg.empty())
      return fail(ErrorCode::kUsage, "--force needs --svg");
    BlockRange within{0, UINT64_MAX};
    if (arguments_.blocks) {
      VDE_TRY_ASSIGN(blocks, parse_blocks(*arguments_.blocks));
      within = blocks;
    }
    VDE_TRY_ASSIGN(file, context_.open_storage(arguments_.image, OpenMode::kRead));
    VDE_TRY(check(*file));
    VDE_TRY_ASSIGN(map, BlockMap::read(*file, checks_.found, context_.activity));
    if (within.begin >= map.all().end)
      return fail(ErrorCode::kUsage, fmt::format("there is no block {}", within.begin),
                  fmt::format("the last one is {}", map.all().end - 1));
    VDE_TRY(draw(map, within));
    return outcome(map);
  }

 private:
  // A map of an image that cannot be verified is still one.
  Result<void> check(BlockFile& file) {
    VerifyOptions options;
    if (arguments_.scope == "metadata") options.scope = VerifyScope::kMetadata;
    // The map shows where damage is, not what a repair could do about it.
    options.search_seconds = 0;
    const ProgressLine progress(context_.activity, context_.wants_progress());
    report_bus_errors(context_, arguments_.image);
    auto summary = verify_image(file, options, context_.activity,
                                [&](const Finding& finding) { checks_.add(finding); });
    if (summary) {
      checks_.counts = std::move(*summary);
      return {};
    }
    if (summary.error().code == ErrorCode::kInterrupted) return propagate(summary);
    checks_.error = std::move(summary.error());
    return {};
  }

  Result<void> draw(const BlockMap& map, BlockRange within) {
    if (!arguments_.svg.empty()) VDE_TRY(draw_svg(map, within));
    if (context_.globals.json) return write_runs_json(map, within);
    if (!arguments_.svg.empty()) return {};
    return Context::is_terminal() ? draw_terminal(map, within) : write_lines(map, within);
  }

  Result<void> draw_svg(const BlockMap& map, BlockRange within) {
    const std::string target = arguments_.svg == "-" ? "" : arguments_.svg;
    VDE_TRY_ASSIGN(picture, MapPicture::make(map, within, kMapSvgCells));
    VDE_TRY_ASSIGN(file, context_.about(target, OutputFile::open(target, arguments_.image,
                                                                 arguments_.force, context_.out)));
    VDE_TRY(context_.about(
        target, file->output().write(map_svg(picture, arguments_.image, checks_.verdict()))));
    return context_.about(target, file->finish());
  }

  Result<void> write_lines(const BlockMap& map, BlockRange within) {
    return map.each_run(within,
                        [&](const MapRun& run) { return context_.out.write(map_run_line(run)); });
  }

  Result<void> write_runs_json(const BlockMap& map, BlockRange within) {
    VDE_TRY(map.each_run(within, [&](const MapRun& run) {
      return context_.write_json(with_header("map", arguments_.image, map_run_json(run)));
    }));
    Json json{{"type", "summary"},
              {"block_size", map.block_size()},
              {"blocks", map.all().count()},
              {"verified", map.is_verified() && !checks_.error},
              {"from_blocks", map.is_from_blocks()},
              {"errors", checks_.counts.errors},
              {"warnings", checks_.counts.warnings},
              {"granularity", checks_.found.granularity()},
              {"not_checked", checks_.counts.not_checked},
              {"error", checks_.error ? Json(checks_.error->message) : Json(nullptr)}};
    put_name(json, "svg", arguments_.svg);
    return context_.write_json(with_header("map", arguments_.image, json));
  }

  Result<void> draw_terminal(const BlockMap& map, BlockRange within) {
    const size_t width = terminal_width();
    VDE_TRY_ASSIGN(picture, MapPicture::make(map, within, map_cells_for(map, width)));
    const bool color = context_.wants_color();
    std::string text = fmt::format("{}: {}\n{}; {}\n\n", escape(arguments_.image),
                                   picture.headline(), picture.scale(), checks_.verdict());
    text += map_terminal_text(picture, width, color);
    if (!checks_.shown.empty()) text += "\n";
    for (const Finding& finding : checks_.shown)
      text += finding_text(arguments_.image, finding, color);
    const uint64_t all = checks_.counts.errors + checks_.counts.warnings;
    if (all > checks_.shown.size())
      text += fmt::format("and {} more: vdetool verify {}\n", all - checks_.shown.size(),
                          escape(arguments_.image));
    return context_.out.write(text);
  }

  // The error after a map that shows damage, or bytes that do not verify.
  Result<void> outcome(const BlockMap& map) {
    const std::string hint = fmt::format("run 'vdetool verify {}'", escape(arguments_.image));
    if (!map.is_verified())
      return fail(ErrorCode::kDamaged, "the map comes from bytes that do not verify", hint);
    if (checks_.error) return tl::make_unexpected(*checks_.error);
    if (checks_.counts.errors == 0) return {};
    return fail(ErrorCode::kDamaged,
                fmt::format("damaged: {}", counted(checks_.counts.errors, "error")), hint);
  }

  Context& context_;
  const MapArguments& arguments_;
  MapChecks checks_;
};

}  // namespace

Runner define_map(CLI::App& command) {
  auto arguments = std::make_shared<MapArguments>();
  command.add_option("IMAGE", arguments->image, kImageHelp)->required();
  command
      .add_option("--svg", arguments->svg,
                  "write the map to FILE as SVG, atomically; - for standard output")
      ->type_name("FILE");
  command.add_flag("--force", arguments->force, "with --svg: replace a file that is not empty");
  add_text(command, "--blocks", arguments->blocks, "only block N, or blocks N to M")
      ->type_name("N[-M]");
  command
      .add_option("--scope", arguments->scope,
                  "what to check: metadata, or all (default), which includes data blocks")
      ->type_name("SCOPE")
      ->check(one_of({"metadata", "all"}));
  return [arguments](Context& context) {
    return context.finish(arguments->image, MapRunner(context, *arguments).run());
  };
}

}  // namespace vde::cli
