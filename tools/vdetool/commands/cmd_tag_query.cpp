// The verbs of `tag` that combine tags: query, keys and diff.
#include <fmt/format.h>

#include "commands.h"
#include "tag_command.h"
#include "usage.h"
#include "vde/query.h"
#include "vde/text.h"

namespace vde::cli {
namespace {

struct QueryArguments : TagArguments {
  std::string expression;
  bool count = false;
  bool null = false;
  std::string memory = "256M";
};

struct KeysArguments : TagArguments {
  std::string prefix;
};

struct DiffArguments : TagArguments {
  std::string other;
};

// What comes before and after the inode in a line of output.
struct InodeLine {
  std::string begin;
  std::string end;
};

InodeLine inode_line(const Context& context, const QueryArguments& arguments) {
  if (!context.globals.json) return {"", std::string(1, arguments.null ? '\0' : '\n')};
  std::string begin = one_line(with_header("tag query", arguments.image, Json::object()));
  begin.pop_back();
  return {begin + ",\"inode\":", "}\n"};
}

Result<uint64_t> print_inodes(Context& context, const QueryArguments& arguments,
                              OpenTagIndex& index, const TagExpression& expression,
                              uint64_t memory) {
  TagQueryOptions options;
  options.memory = memory;
  const InodeLine line = inode_line(context, arguments);
  Result<void> written;
  const auto print = [&](int64_t inode) {
    if (context.activity.stop)
      written = fail(ErrorCode::kInterrupted, "interrupted");
    else if (!arguments.count)
      written = context.out.write(fmt::format("{}{}{}", line.begin, inode, line.end));
    return written.has_value();
  };
  VDE_TRY_ASSIGN(count, query_tags(index.reader, expression, options, context.activity, print));
  VDE_TRY(written);
  return count;
}

Result<void> print_count(Context& context, const std::string& image, uint64_t count) {
  return context.globals.json
             ? context.write_json(with_header("tag query", image, Json{{"count", count}}))
             : context.out.write(fmt::format("{}\n", count));
}

Result<uint64_t> query(Context& context, const QueryArguments& arguments,
                       const TagExpression& expression) {
  VDE_TRY_ASSIGN(memory, parse_size(arguments.memory));
  VDE_TRY_ASSIGN(index, open_tag_index(context, arguments.image));
  VDE_TRY_ASSIGN(count, print_inodes(context, arguments, index, expression, memory));
  if (arguments.count) VDE_TRY(print_count(context, arguments.image, count));
  return count;
}

// The expression, before any file is opened.
Result<TagExpression> parse_expression(const Context& context, const QueryArguments& arguments) {
  if (context.globals.json && arguments.null)
    return fail(ErrorCode::kUsage, "--null and --json exclude each other");
  VDE_TRY_ASSIGN(separator, parse_separator(arguments.separator));
  return TagExpression::parse(arguments.expression, separator);
}

int run_query(Context& context, const QueryArguments& arguments) {
  const auto expression = parse_expression(context, arguments);
  if (!expression) return context.report("", expression.error());
  const auto count = query(context, arguments, *expression);
  if (!count) return context.report(arguments.image, count.error());
  if (*count > 0) return kDone;
  if (arguments.count || context.globals.quiet) return kNothing;
  return context.report(arguments.image, Error{ErrorCode::kNotFound, "no inode matches", {}, {}});
}

// Prints distinct keys.
class KeyPrinter {
 public:
  KeyPrinter(Context& context, const KeysArguments& arguments, char separator)
      : context_(context), arguments_(arguments), separator_(separator) {}

  bool print(const TagKey& key) {
    written_ = context_.globals.json ? print_json(key) : context_.out.write(text_of(key));
    return written_.has_value();
  }
  [[nodiscard]] const Result<void>& result() const { return written_; }

 private:
  Result<void> print_json(const TagKey& key) {
    Json json = Json::object();
    put_text(json, "key", key.key);
    json["inodes"] = key.inodes;
    return context_.write_json(with_header("tag keys", arguments_.image, json));
  }

  std::string text_of(const TagKey& key) {
    std::string text;
    if (!Context::is_terminal()) {
      text = fmt::format("{}\t", key.inodes);
    } else {
      if (!has_heading_) text = fmt::format("{:>10}  {}\n", "INODES", "KEY");
      has_heading_ = true;
      text += fmt::format("{:>10}  ", key.inodes);
    }
    append_escaped(text, key.key, separator_);
    return text + '\n';
  }

  Context& context_;
  const KeysArguments& arguments_;
  char separator_;
  bool has_heading_ = false;
  Result<void> written_;
};

Result<uint64_t> print_keys(Context& context, const KeysArguments& arguments) {
  VDE_TRY_ASSIGN(separator, parse_separator(arguments.separator));
  VDE_TRY_ASSIGN(prefix, parse_key(arguments.prefix, separator));
  VDE_TRY_ASSIGN(index, open_tag_index(context, arguments.image));
  KeyPrinter printer(context, arguments, separator);
  VDE_TRY_ASSIGN(count, list_tag_keys(index.reader, prefix, {}, context.activity,
                                      [&](const TagKey& key) { return printer.print(key); }));
  VDE_TRY(printer.result());
  return count;
}

int run_keys(Context& context, const KeysArguments& arguments) {
  const auto count = print_keys(context, arguments);
  if (!count) return context.report(arguments.image, count.error());
  if (*count > 0) return kDone;
  if (context.globals.quiet) return kNothing;
  return context.report(arguments.image, Error{ErrorCode::kNotFound, "no tag matches", {}, {}});
}

constexpr std::string_view sign_of(TagChangeKind kind) {
  if (kind == TagChangeKind::kAdded) return "+";
  return kind == TagChangeKind::kRemoved ? "-" : "~";
}

// `~` is followed by the tag before and after; if one of them has a block, both show it.
std::string change_text(const TagChange& change, char separator) {
  std::string text(sign_of(change.kind));
  const bool shows_block = change.before.block != 0 || change.after.block != 0;
  const auto add = [&](const TagView& tag) {
    text += fmt::format("\t{}\t", tag.inode);
    append_escaped(text, tag.key, separator);
    text += '\t';
    append_escaped(text, tag.value);
    if (shows_block) text += fmt::format("\t{}", tag.block);
  };
  if (change.kind != TagChangeKind::kAdded) add(change.before);
  if (change.kind != TagChangeKind::kRemoved) add(change.after);
  return text + '\n';
}

Json change_json(const TagChange& change) {
  const bool was = change.kind != TagChangeKind::kAdded;
  const bool is = change.kind != TagChangeKind::kRemoved;
  const TagView& tag = is ? change.after : change.before;
  Json json{{"change", sign_of(change.kind)}, {"inode", tag.inode}};
  put_text(json, "key", tag.key);
  const auto put = [&](bool exists, const std::string& prefix, const TagView& entry) {
    if (exists)
      put_text(json, prefix + "value", entry.value);
    else
      json[prefix + "value"] = nullptr;
    json[prefix + "block"] = exists ? Json(entry.block) : Json(nullptr);
  };
  put(is, "", change.after);
  put(was, "old_", change.before);
  return json;
}

Result<uint64_t> print_changes(Context& context, const DiffArguments& arguments) {
  VDE_TRY_ASSIGN(separator, parse_separator(arguments.separator));
  VDE_TRY_ASSIGN(before, context.open_reader(arguments.image, &Image::tags));
  VDE_TRY_ASSIGN(
      after, context.about(arguments.other, context.open_reader(arguments.other, &Image::tags)));
  Result<void> written;
  const auto print = [&](const TagChange& change) {
    if (context.globals.json) {
      Json json = Json::object();
      put_text(json, "other", arguments.other);
      json.update(change_json(change));
      written = context.write_json(with_header("tag diff", arguments.image, json));
    } else {
      written = context.out.write(change_text(change, separator));
    }
    return written.has_value();
  };
  TagDiff diff(before.reader, after.reader);
  auto count = diff.run(context.activity, print);
  if (!count && diff.failed_in_new()) return context.about(arguments.other, std::move(count));
  VDE_TRY(written);
  return count;
}

int run_diff(Context& context, const DiffArguments& arguments) {
  const auto count = print_changes(context, arguments);
  if (!count) return context.report(arguments.image, count.error());
  return *count > 0 ? kNothing : kDone;
}

}  // namespace

Runner define_tag_query(CLI::App& command) {
  auto arguments = std::make_shared<QueryArguments>();
  add_image(command, *arguments);
  command
      .add_option("EXPRESSION", arguments->expression,
                  "tests KEY, KEY=VALUE, PREFIX* and *, with and, or, not and ( )")
      ->required();
  CLI::Option* count =
      command.add_flag("--count", arguments->count, "print only the number of matches");
  command.add_flag("--null", arguments->null, "end inodes with a zero byte, not with a line end")
      ->excludes(count);
  command.add_option("--memory", arguments->memory, "memory for sorting (default: 256M)")
      ->type_name("SIZE");
  add_separator(command, *arguments);
  return [arguments](Context& context) { return run_query(context, *arguments); };
}

Runner define_tag_keys(CLI::App& command) {
  auto arguments = std::make_shared<KeysArguments>();
  add_image(command, *arguments);
  command.add_option("--prefix", arguments->prefix, "keys starting with TEXT");
  add_separator(command, *arguments);
  return [arguments](Context& context) { return run_keys(context, *arguments); };
}

Runner define_tag_diff(CLI::App& command) {
  auto arguments = std::make_shared<DiffArguments>();
  command.add_option("IMAGE", arguments->image, "image with the old tags")->required();
  command.add_option("OTHER", arguments->other, "image with the new tags")->required();
  add_separator(command, *arguments);
  return [arguments](Context& context) { return run_diff(context, *arguments); };
}

}  // namespace vde::cli
