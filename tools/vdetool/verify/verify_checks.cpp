#include "verify/verify_checks.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "context.h"

namespace vde::cli {
namespace {

int refuse_arguments(Context& context, std::string message, std::string hint) {
  return context.report("", {ErrorCode::kUsage, std::move(message), std::move(hint), {}});
}

}  // namespace

int check_verify_arguments(Context& context, const VerifyArguments& arguments) {
  const RepairArguments& repair = arguments.repair;
  const bool names_one = !repair.plan.empty() || !repair.apply.empty() || !repair.undo.empty();
  if (names_one && arguments.images.size() > 1)
    return refuse_arguments(context, "--plan, --apply and --undo need exactly one image",
                            "name one image");
  // One document for the whole run.
  const bool is_document = arguments.format == "sarif" || arguments.format == "html";
  if (is_document && context.globals.json)
    return refuse_arguments(context,
                            "--json and --format " + arguments.format + " cannot be combined",
                            "use one of them");
  if (is_document && repair.repair)
    return refuse_arguments(context,
                            "--repair cannot be combined with --format " + arguments.format,
                            "use --format json");
  if (arguments.summary && arguments.format != "text" && arguments.format != "json")
    return refuse_arguments(context,
                            "--summary and --format " + arguments.format + " cannot be combined",
                            "use text or json");
  if (arguments.baseline == "-")
    return refuse_arguments(context, "a baseline cannot be read from standard input",
                            "a file of this name is './-'");
  const auto& images = arguments.images;
  if (std::count(images.begin(), images.end(), "-") > 1)
    return refuse_arguments(context, "'-' is given more than once",
                            "standard input can be read once");
  if (repair.repair && std::count(images.begin(), images.end(), "-") > 0)
    return refuse_arguments(context, "cannot repair standard input", "give a file name");
  return check_repair_files(context, images, repair);
}

int check_repair_files(Context& context, const std::vector<std::string>& images,
                       const RepairArguments& repair) {
  struct Named {
    const std::string& file;
    std::string_view role;
  };
  const Named named[] = {{repair.undo, "undo file"}, {repair.plan, "plan"}, {repair.apply, "plan"}};
  if (const auto named_file = refuse_standard_output(repair.undo, "undo file"); !named_file)
    return context.report(repair.undo, named_file.error());
  for (const std::string& image : images)
    for (const Named& one : named)
      // A plan to "-" goes to standard output.
      if (!one.file.empty() && one.file != "-")
        if (const auto apart = refuse_image(image, one.file, one.role); !apart)
          return context.report_file(image, one.file, apart.error());
  return kDone;
}

}  // namespace vde::cli
