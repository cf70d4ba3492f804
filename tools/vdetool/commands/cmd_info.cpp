#include <fmt/format.h>

#include "commands.h"
#include "vde/inspect.h"
#include "vde/text.h"

namespace vde::cli {
namespace {

Result<void> run_info(Context& context, const std::string& image) {
  VDE_TRY_ASSIGN(file, context.open_storage(image, OpenMode::kRead));
  VDE_TRY_ASSIGN(info, image_info(*file));
  const Json json = with_header("info", image, info);
  VDE_TRY(context.globals.json ? context.write_json(json) : context.out.write(info_text(json)));
  if (info_is_verified(json)) return {};
  return fail(ErrorCode::kDamaged, "some of this comes from bytes that do not verify",
              fmt::format("run 'vdetool verify {}'", escape(image)));
}

}  // namespace

Runner define_info(CLI::App& command) {
  auto image = std::make_shared<std::string>();
  command.add_option("IMAGE", *image, kImageHelp)->required();
  return [image](Context& context) { return context.finish(*image, run_info(context, *image)); };
}

}  // namespace vde::cli
