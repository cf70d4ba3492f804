// The verbs of `tag` that handle whole indexes: import and export.
#include <fmt/format.h>

#include "commands.h"
#include "commands/seal_options.h"
#include "line_reader.h"
#include "output_file.h"
#include "progress.h"
#include "tag_command.h"
#include "usage.h"
#include "vde/text.h"

namespace vde::cli {
namespace {

struct BulkArguments : TagArguments {
  std::string file;
  std::string format = "tsv";
  bool replace = false;
  bool force = false;
  std::string memory = "256M";

  [[nodiscard]] TagFormat tag_format() const {
    return format == "jsonl" ? TagFormat::kJsonl : TagFormat::kTsv;
  }
};

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \r") == std::string_view::npos;
}

// Reads the lines of the input into a batch.
class LineImport {
 public:
  LineImport(Context& context, std::string source)
      : context_(context), source_(std::move(source)) {}

  Result<void> add_lines(LineReader& reader, TagLineParser& parser, TagBatch& batch) {
    std::string_view line;
    while (true) {
      VDE_TRY_ASSIGN(more, context_.about(source_, reader.next(line, context_.activity)));
      if (!more) return {};
      if (is_blank(line)) continue;
      auto entry = parser.parse(line);
      if (!entry) {
        entry.error().message = fmt::format("line {}: {}", reader.number(), entry.error().message);
        return of_line(propagate(entry));
      }
      VDE_TRY(of_line(batch.add(*entry, reader.number())));
    }
  }

  // An error that names a line is about the input, and not about the command line.
  template <class T>
  Result<T> of_line(Result<T> result) {
    if (result || !result.error().message.starts_with("line ")) return result;
    if (result.error().code == ErrorCode::kUsage) result.error().code = ErrorCode::kMalformed;
    return context_.about(source_, std::move(result));
  }
  Result<void> of_line(tl::unexpected<Error> error) {
    return of_line(Result<void>(std::move(error)));
  }

 private:
  Context& context_;
  std::string source_;
};

// Opens the image only after all lines are read: they may arrive slowly, and an image that is open
// for a change is locked.
Result<TagImportReport> import_lines(Context& context, const BulkArguments& arguments) {
  VDE_TRY_ASSIGN(separator, parse_separator(arguments.separator));
  VDE_TRY_ASSIGN(memory, parse_size(arguments.memory));
  const bool is_standard_input = arguments.file.empty() || arguments.file == "-";
  const std::string source = is_standard_input ? "standard input" : arguments.file;
  VDE_TRY(context.about(source, refuse_image(arguments.image, arguments.file, "input")));
  VDE_TRY_ASSIGN(reader, context.about(source, LineReader::open(arguments.file)));
  name_wait("input");
  context.activity.phase = "reading the input";
  TagLineParser parser(arguments.tag_format(), separator);
  TagBatchOptions options;
  options.memory = memory;
  TagBatch batch(options);
  const ProgressLine progress(context.activity, context.wants_progress());
  LineImport lines(context, source);
  VDE_TRY(lines.add_lines(reader, parser, batch));
  VDE_TRY_ASSIGN(opened, context.begin_change(arguments.image, arguments.seal));
  context.activity.phase = "writing the tags";
  VDE_TRY_ASSIGN(report, lines.of_line(opened.change.tags().import(
                             batch, {.replace = arguments.replace}, context.activity)));
  VDE_TRY(context.commit(arguments.image, opened.change));
  return report;
}

Result<void> import_tags(Context& context, const BulkArguments& arguments) {
  VDE_TRY_ASSIGN(report, import_lines(context, arguments));
  if (context.globals.json)
    return context.write_json(
        with_header("tag import", arguments.image,
                    Json{{"added", report.added}, {"replaced", report.replaced}}));
  if (context.globals.quiet) return {};
  return context.out.write(fmt::format("{}: {} added, {} replaced\n", escape(arguments.image),
                                       report.added, report.replaced));
}

Result<void> export_tags(Context& context, const BulkArguments& arguments) {
  VDE_TRY_ASSIGN(separator, parse_separator(arguments.separator));
  VDE_TRY_ASSIGN(index, open_tag_index(context, arguments.image));
  const std::string target = arguments.file == "-" ? "" : arguments.file;
  VDE_TRY_ASSIGN(file, context.about(target, OutputFile::open(target, arguments.image,
                                                              arguments.force, context.out)));
  const TagFormat format = context.globals.json ? TagFormat::kJsonl : arguments.tag_format();
  TagPrinter printer(file->output(), format, separator, context.activity);
  VDE_TRY(index.reader.find({}, printer.visitor()));
  VDE_TRY(context.about(target, printer.result()));
  VDE_TRY(context.about(target, file->finish()));
  if (!context.globals.json || !file->is_file()) return {};
  Json json{{"tags", printer.count()}};
  put_name(json, "file", arguments.file);
  return context.write_json(with_header("tag export", arguments.image, json));
}

void add_format(CLI::App& command, const char* name, BulkArguments& arguments) {
  command.add_option(name, arguments.format, "tsv or jsonl (default: tsv)")
      ->type_name("FORMAT")
      ->check(one_of({"tsv", "jsonl"}));
}

}  // namespace

Runner define_tag_import(CLI::App& command) {
  auto arguments = std::make_shared<BulkArguments>();
  add_image(command, *arguments);
  command.add_option("FILE", arguments->file, "input file (default: standard input)");
  add_format(command, "--input-format", *arguments);
  command.add_flag("--replace", arguments->replace, "overwrite existing tags");
  command.add_option("--memory", arguments->memory, "memory for sorting (default: 256M)")
      ->type_name("SIZE");
  add_seal_options(command, arguments->seal);
  add_separator(command, *arguments);
  return [arguments](Context& context) {
    return context.finish(arguments->image, import_tags(context, *arguments));
  };
}

Runner define_tag_export(CLI::App& command) {
  auto arguments = std::make_shared<BulkArguments>();
  add_image(command, *arguments);
  command.add_option("FILE", arguments->file,
                     "output file, written atomically (default: standard output)");
  add_format(command, "--output-format", *arguments);
  command.add_flag("--force", arguments->force, "replace a file that is not empty");
  add_separator(command, *arguments);
  return [arguments](Context& context) {
    return context.finish(arguments->image, export_tags(context, *arguments));
  };
}

}  // namespace vde::cli
