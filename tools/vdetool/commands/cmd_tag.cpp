// The verbs of `tag` that read: get, find, list and stats.
#include <fmt/format.h>

#include <array>

#include "commands.h"
#include "tag_command.h"
#include "usage.h"
#include "vde/text.h"

namespace vde::cli {
namespace {

struct GetArguments : TagArguments {
  std::string key;
  std::optional<std::string> inode;
};

struct FindArguments : TagArguments {
  std::string prefix;
  std::optional<std::string> from;
  std::optional<std::string> to;
  std::optional<std::string> value;
  std::optional<std::string> inode;
  std::optional<std::string> limit;
  bool count = false;
  bool reverse = false;
};

Result<std::optional<int64_t>> parse_inode(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  VDE_TRY_ASSIGN(inode, parse_integer(*text, "inode"));
  return inode;
}

Result<uint64_t> parse_limit(const std::optional<std::string>& text) {
  if (!text) return UINT64_MAX;
  VDE_TRY_ASSIGN(limit, parse_integer(*text, "--limit"));
  if (limit < 1) return fail(ErrorCode::kUsage, "--limit must be at least 1");
  return static_cast<uint64_t>(limit);
}

// Nothing matched: reports it with status 1.
int nothing_found(Context& context, const std::string& image, const char* what) {
  if (context.globals.quiet) return kNothing;
  return context.report(image, Error{ErrorCode::kNotFound, what, {}, {}});
}

// Prints the matching tags and returns their number.
Result<uint64_t> get_tags(Context& context, const GetArguments& arguments) {
  VDE_TRY_ASSIGN(separator, parse_separator(arguments.separator));
  VDE_TRY_ASSIGN(key, parse_key(arguments.key, separator));
  VDE_TRY_ASSIGN(inode, parse_inode(arguments.inode));
  VDE_TRY_ASSIGN(index, open_tag_index(context, arguments.image));
  TagPrinter printer = tag_printer(context, separator);
  VDE_TRY(index.reader.get(key, inode, printer.visitor()));
  VDE_TRY(printer.result());
  return printer.count();
}

int run_get(Context& context, const GetArguments& arguments) {
  const auto count = get_tags(context, arguments);
  if (!count) return context.report(arguments.image, count.error());
  if (*count == 0) return nothing_found(context, arguments.image, "no tag has this key");
  return kDone;
}

Result<TagQuery> parse_query(const FindArguments& arguments, char separator) {
  TagQuery query;
  VDE_TRY_ASSIGN(prefix, parse_key(arguments.prefix, separator));
  query.prefix = std::move(prefix);
  if (arguments.from) {
    VDE_TRY_ASSIGN(from, parse_key(*arguments.from, separator));
    query.from = std::move(from);
  }
  if (arguments.to) {
    VDE_TRY_ASSIGN(to, parse_key(*arguments.to, separator));
    query.to = std::move(to);
  }
  if (arguments.value) {
    VDE_TRY_ASSIGN(value, unescape(*arguments.value));
    query.value = std::move(value);
  }
  VDE_TRY_ASSIGN(inode, parse_inode(arguments.inode));
  query.inode = inode;
  query.reverse = arguments.reverse;
  return query;
}

Result<uint64_t> find_tags(Context& context, const FindArguments& arguments) {
  VDE_TRY_ASSIGN(separator, parse_separator(arguments.separator));
  VDE_TRY_ASSIGN(query, parse_query(arguments, separator));
  VDE_TRY_ASSIGN(limit, parse_limit(arguments.limit));
  VDE_TRY_ASSIGN(index, open_tag_index(context, arguments.image));
  TagPrinter printer = tag_printer(context, separator);
  printer.set_limit(limit);
  if (arguments.count) printer.only_count();
  VDE_TRY(index.reader.find(query, printer.visitor()));
  VDE_TRY(printer.result());
  if (!arguments.count) return printer.count();
  VDE_TRY(context.globals.json ? context.write_json(with_header("tag find", arguments.image,
                                                                Json{{"count", printer.count()}}))
                               : context.out.write(fmt::format("{}\n", printer.count())));
  return printer.count();
}

int run_find(Context& context, const FindArguments& arguments) {
  const auto count = find_tags(context, arguments);
  if (!count) return context.report(arguments.image, count.error());
  if (*count > 0) return kDone;
  return arguments.count ? static_cast<int>(kNothing)
                         : nothing_found(context, arguments.image, "no tag matches");
}

Result<void> list_tags(Context& context, const TagArguments& arguments) {
  VDE_TRY_ASSIGN(separator, parse_separator(arguments.separator));
  VDE_TRY_ASSIGN(index, open_tag_index(context, arguments.image));
  TagPrinter printer = tag_printer(context, separator);
  VDE_TRY(index.reader.find({}, printer.visitor()));
  return printer.result();
}

Json stats_json(const TagStats& stats) {
  return Json{{"entries", stats.entries},
              {"depth", stats.depth},
              {"nodes", stats.nodes},
              {"leaves", stats.leaves},
              {"fill", stats.fill},
              {"region_blocks", stats.region_blocks},
              {"free_blocks", stats.free_blocks},
              {"bloom",
               {{"bits", stats.bloom.bits},
                {"hashes", stats.bloom.hashes},
                {"fill", stats.bloom.fill},
                {"expected_false_positive_rate", stats.bloom.expected_false_positive_rate},
                {"measured_false_positive_rate", stats.bloom.measured_false_positive_rate},
                {"extended", stats.bloom.extended}}}};
}

std::string stats_text(const std::string& image, const TagStats& stats) {
  const auto percent = [](double part) {
    return part > 0 && part < 1e-6 ? "<0.0001 %" : fmt::format("{:.4g} %", part * 100);
  };
  std::string text = escape(image) + ":\n";
  const auto line = [&](std::string_view name, const std::string& value) {
    text += fmt::format("  {:<22} {}\n", name, value);
  };
  line("entries", std::to_string(stats.entries));
  line("levels", std::to_string(stats.depth + 1));
  line("nodes",
       fmt::format("{} ({} {})", stats.nodes, stats.leaves, stats.leaves == 1 ? "leaf" : "leaves"));
  line("leaf fill", percent(stats.fill));
  line("region blocks", fmt::format("{} ({} free)", stats.region_blocks, stats.free_blocks));
  line("Bloom filter", fmt::format("{} bits, {} hashes, {}", stats.bloom.bits, stats.bloom.hashes,
                                   stats.bloom.extended ? "extended" : "header only"));
  line("bits set", percent(stats.bloom.fill));
  line("false positives",
       fmt::format("expected {}, measured {}", percent(stats.bloom.expected_false_positive_rate),
                   percent(stats.bloom.measured_false_positive_rate)));
  return text;
}

Result<void> show_stats(Context& context, const TagArguments& arguments) {
  VDE_TRY_ASSIGN(index, open_tag_index(context, arguments.image));
  VDE_TRY_ASSIGN(stats, index.reader.stats(context.activity));
  return context.globals.json
             ? context.write_json(with_header("tag stats", arguments.image, stats_json(stats)))
             : context.out.write(stats_text(arguments.image, stats));
}

constexpr std::array<Command, 11> kTagVerbs = {{
    {"set",
     "Set tags on an inode",
     {R"(vdetool tag set photos.dwvd 42 'category\0photo' year=1998)",
      "vdetool tag set photos.dwvd 43 'title=Pier at dusk' --block 1200"},
     define_tag_set},
    {"get",
     "Show the tags with exactly this key",
     {"vdetool tag get photos.dwvd year", "vdetool tag get photos.dwvd year --inode 42"},
     define_tag_get},
    {"find",
     "Search tags by key prefix, key range, value or inode",
     {R"(vdetool tag find photos.dwvd --prefix 'category\0')",
      "vdetool tag find photos.dwvd --from title --to year --count"},
     define_tag_find},
    {"query",
     "Show the inodes that match an expression over tags",
     {R"(vdetool tag query photos.dwvd 'category\0photo and not year=1998')",
      "vdetool tag query photos.dwvd 'geo* or (title and \"my key\"=a)' --count"},
     define_tag_query},
    {"keys",
     "List distinct keys and the number of their inodes",
     {"vdetool tag keys photos.dwvd", R"(vdetool tag keys photos.dwvd --prefix 'category\0')"},
     define_tag_keys},
    {"diff",
     "Compare the tags of two images",
     {"vdetool tag diff yesterday.dwvd photos.dwvd",
      "vdetool tag diff yesterday.dwvd photos.dwvd --json"},
     define_tag_diff},
    {"remove",
     "Remove tags from an inode",
     {"vdetool tag remove photos.dwvd 43 title", "vdetool tag remove photos.dwvd 42 --all"},
     define_tag_remove},
    {"list",
     "List all tags in key order",
     {"vdetool tag list photos.dwvd", "vdetool tag list photos.dwvd --separator /"},
     define_tag_list},
    {"import",
     "Import tags from a file or standard input (atomic)",
     {"vdetool tag import photos.dwvd tags.tsv",
      "vdetool tag export photos.dwvd | vdetool tag import copy.dwvd"},
     define_tag_import},
    {"export",
     "Export all tags to a file or standard output",
     {"vdetool tag export photos.dwvd all.tsv",
      "vdetool tag export photos.dwvd --output-format jsonl"},
     define_tag_export},
    {"stats",
     "Show index statistics",
     {"vdetool tag stats photos.dwvd", "vdetool tag stats photos.dwvd --json"},
     define_tag_stats},
}};

}  // namespace

std::span<const Command> tag_verbs() {
  return kTagVerbs;
}

Runner define_tag_get(CLI::App& command) {
  auto arguments = std::make_shared<GetArguments>();
  add_image(command, *arguments);
  command.add_option("KEY", arguments->key, "the exact key (escapes such as \\0 are allowed)")
      ->required();
  add_text(command, "--inode", arguments->inode, "only tags on inode N")->type_name("N");
  add_separator(command, *arguments);
  return [arguments](Context& context) { return run_get(context, *arguments); };
}

Runner define_tag_find(CLI::App& command) {
  auto arguments = std::make_shared<FindArguments>();
  add_image(command, *arguments);
  command.add_option("--prefix", arguments->prefix, "keys starting with TEXT");
  add_text(command, "--from", arguments->from, "first key (inclusive)")->type_name("KEY");
  add_text(command, "--to", arguments->to, "last key (inclusive)")->type_name("KEY");
  add_text(command, "--value", arguments->value, "only tags whose value equals TEXT");
  add_text(command, "--inode", arguments->inode, "only tags on inode N")->type_name("N");
  add_text(command, "--limit", arguments->limit, "stop after N tags")->type_name("N");
  command.add_flag("--count", arguments->count, "print only the number of matches");
  command.add_flag("--reverse", arguments->reverse, "in descending key order");
  add_separator(command, *arguments);
  return [arguments](Context& context) { return run_find(context, *arguments); };
}

Runner define_tag_list(CLI::App& command) {
  auto arguments = std::make_shared<TagArguments>();
  add_image(command, *arguments);
  add_separator(command, *arguments);
  return [arguments](Context& context) {
    return context.finish(arguments->image, list_tags(context, *arguments));
  };
}

Runner define_tag_stats(CLI::App& command) {
  auto arguments = std::make_shared<TagArguments>();
  add_image(command, *arguments);
  add_separator(command, *arguments);
  return [arguments](Context& context) {
    return context.finish(arguments->image, show_stats(context, *arguments));
  };
}

}  // namespace vde::cli
