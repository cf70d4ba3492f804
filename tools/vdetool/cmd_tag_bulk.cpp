// The verbs of `tag` that move whole indexes: import, export.
#include <fmt/format.h>

#include "commands.h"
#include "line_reader.h"
#include "output_file.h"
#include "progress.h"
#include "tag_index.h"
#include "vde/text.h"

namespace vde::cli {
namespace {

struct BulkArguments : TagArguments {
  std::string file;
  std::string format = "tsv";
  bool replace = false;
  std::string memory = "256M";

  [[nodiscard]] TagFormat tag_format() const {
    return format == "jsonl" ? TagFormat::kJsonl : TagFormat::kTsv;
  }
};

tl::unexpected<Error> at_line(uint64_t line, Error error) {
  error.message = fmt::format("line {}: {}", line, error.message);
  return tl::make_unexpected(std::move(error));
}

Result<void> add_lines(LineReader& reader, TagLineParser& parser, TagImport& import,
                       Activity& activity) {
  std::string_view line;
  while (true) {
    VDE_TRY_ASSIGN(more, reader.next(line, activity));
    if (!more) return {};
    auto entry = parser.parse(line);
    if (!entry) return at_line(reader.number(), std::move(entry.error()));
    VDE_TRY(import.add(*entry, reader.number()));
  }
}

Result<void> import_tags(Context& context, const BulkArguments& arguments) {
  VDE_TRY_ASSIGN(separator, parse_separator(arguments.separator));
  TagImportOptions options;
  options.replace = arguments.replace;
  VDE_TRY_ASSIGN(memory, parse_size(arguments.memory));
  options.memory = memory;
  VDE_TRY_ASSIGN(edit, edit_options(arguments.unseal));
  VDE_TRY_ASSIGN(reader, LineReader::open(arguments.file));
  VDE_TRY_ASSIGN(file, context.open(arguments.image, OpenMode::kReadWrite));
  VDE_TRY_ASSIGN(import, TagImport::open(*file, options, edit));
  TagLineParser parser(arguments.tag_format(), separator);
  TagImportReport report;
  {
    const ProgressLine progress(context.activity, context.wants_progress());
    VDE_TRY(add_lines(reader, parser, *import, context.activity));
    VDE_TRY_ASSIGN(finished, import->finish(context.activity));
    report = finished;
  }
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
  VDE_TRY_ASSIGN(file, OutputFile::open(arguments.file, arguments.image, context.out));
  const TagFormat format = context.globals.json ? TagFormat::kJsonl : arguments.tag_format();
  TagPrinter printer(file->output(), format, separator, context.activity);
  VDE_TRY(index.reader->find({}, printer.visitor()));
  VDE_TRY(printer.result());
  return file->finish();
}

void add_format(CLI::App& command, const char* name, BulkArguments& arguments) {
  command.add_option(name, arguments.format, "tsv (the default) or jsonl")
      ->check(CLI::IsMember({"tsv", "jsonl"}));
}

}  // namespace

Runner define_tag_import(CLI::App& command) {
  auto arguments = std::make_shared<BulkArguments>();
  add_image(command, *arguments);
  command.add_option("FILE", arguments->file, "where to read; standard input without it or for -");
  add_format(command, "--input-format", *arguments);
  command.add_flag("--replace", arguments->replace, "tags that are there get the new value");
  command.add_option("--memory", arguments->memory, "for sorting; 256M without");
  command.add_flag("--unseal", arguments->unseal, kUnsealHelp);
  add_separator(command, *arguments);
  return [arguments](Context& context) {
    return context.finish(arguments->image, import_tags(context, *arguments));
  };
}

Runner define_tag_export(CLI::App& command) {
  auto arguments = std::make_shared<BulkArguments>();
  add_image(command, *arguments);
  command.add_option("FILE", arguments->file,
                     "where to write; standard output without it or for -");
  add_format(command, "--output-format", *arguments);
  add_separator(command, *arguments);
  return [arguments](Context& context) {
    return context.finish(arguments->image, export_tags(context, *arguments));
  };
}

}  // namespace vde::cli
