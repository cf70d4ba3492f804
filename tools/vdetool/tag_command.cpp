#include "tag_command.h"

#include "bus_error.h"

namespace vde::cli {

void add_image(CLI::App& command, TagArguments& arguments) {
  command.add_option("IMAGE", arguments.image, kImageHelp)->required();
}

void add_separator(CLI::App& command, TagArguments& arguments) {
  command.add_option("--separator", arguments.separator, "character to use instead of \\0 in keys")
      ->type_name("C")
      ->check(CLI::Validator(
          [](std::string& text) {
            return std::string(text.empty() ? "must be one printable ASCII character" : "");
          },
          ""));
}

Result<OpenTagIndex> open_tag_index(Context& context, const std::string& image) {
  VDE_TRY_ASSIGN(opened, context.open_image(image, {.map = true}));
  report_bus_errors(context, image);
  VDE_TRY_ASSIGN(reader, opened.tags());
  return OpenTagIndex{std::move(opened), std::move(reader)};
}

bool TagPrinter::visit(const TagView& entry) {
  if (activity_.stop) {
    result_ = fail(ErrorCode::kInterrupted, "interrupted");
    return false;
  }
  ++count_;
  if (prints_) {
    line_.clear();
    if (has_columns_)
      append_tag_columns(line_, entry, separator_, count_ == 1);
    else
      append_tag_line(line_, entry, format_, separator_);
    result_ = output_.write(line_);
  }
  return result_.has_value() && count_ < limit_;
}

TagPrinter tag_printer(Context& context, char separator) {
  TagPrinter printer(context.out, context.globals.json ? TagFormat::kJsonl : TagFormat::kTsv,
                     separator, context.activity);
  if (Context::is_terminal() && !context.globals.json) printer.use_columns();
  return printer;
}

}  // namespace vde::cli
