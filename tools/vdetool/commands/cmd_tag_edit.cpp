// The verbs of `tag` that change single tags: set and remove.
#include <fmt/format.h>

#include "commands.h"
#include "commands/seal_options.h"
#include "tag_command.h"
#include "usage.h"
#include "vde/text.h"

namespace vde::cli {
namespace {

struct SetArguments : TagArguments {
  std::string inode;
  std::vector<std::string> tags;
  std::string block = "0";
};

struct RemoveArguments : TagArguments {
  std::string inode;
  std::vector<std::string> keys;
  bool all = false;
};

Result<std::vector<TagEntry>> parse_assignments(const SetArguments& arguments) {
  VDE_TRY_ASSIGN(separator, parse_separator(arguments.separator));
  VDE_TRY_ASSIGN(inode, parse_integer(arguments.inode, "inode"));
  VDE_TRY_ASSIGN(block, parse_integer(arguments.block, "block"));
  std::vector<TagEntry> entries;
  for (const std::string& text : arguments.tags) {
    VDE_TRY_ASSIGN(entry, parse_assignment(text, separator));
    entry.inode = inode;
    entry.block = block;
    entries.push_back(std::move(entry));
  }
  return entries;
}

Result<void> set_tags(Context& context, const SetArguments& arguments) {
  VDE_TRY_ASSIGN(entries, parse_assignments(arguments));
  VDE_TRY_ASSIGN(opened, context.begin_change(arguments.image, arguments.seal));
  uint64_t added = 0;
  for (const TagEntry& entry : entries) {
    VDE_TRY_ASSIGN(is_new, opened.change.tags().set(entry));
    if (is_new) ++added;
  }
  VDE_TRY(context.commit(arguments.image, opened.change));
  if (!context.globals.json) return {};
  return context.write_json(with_header(
      "tag set", arguments.image, Json{{"added", added}, {"replaced", entries.size() - added}}));
}

Result<std::vector<std::string>> parse_keys(const RemoveArguments& arguments) {
  VDE_TRY_ASSIGN(separator, parse_separator(arguments.separator));
  if (arguments.all == !arguments.keys.empty())
    return fail(ErrorCode::kUsage,
                arguments.all ? "--all and keys cannot be combined" : "no keys given",
                "name keys or use --all");
  std::vector<std::string> keys;
  for (const std::string& text : arguments.keys) {
    VDE_TRY_ASSIGN(key, parse_key(text, separator));
    keys.push_back(std::move(key));
  }
  return keys;
}

Result<uint64_t> remove_each(TagEditor& tags, const std::vector<std::string>& keys, int64_t inode) {
  uint64_t removed = 0;
  for (const std::string& key : keys) {
    VDE_TRY_ASSIGN(was_there, tags.remove(key, inode));
    if (was_there) ++removed;
  }
  return removed;
}

Result<void> remove_tags(Context& context, const RemoveArguments& arguments) {
  VDE_TRY_ASSIGN(keys, parse_keys(arguments));
  VDE_TRY_ASSIGN(inode, parse_integer(arguments.inode, "inode"));
  VDE_TRY_ASSIGN(opened, context.begin_change(arguments.image, arguments.seal));
  TagEditor& tags = opened.change.tags();
  VDE_TRY_ASSIGN(removed, arguments.all ? tags.remove_all(inode) : remove_each(tags, keys, inode));
  if (removed == 0)
    return fail(ErrorCode::kNotFound,
                fmt::format("inode {} has {}", inode, arguments.all ? "no tags" : "no such tag"));
  VDE_TRY(context.commit(arguments.image, opened.change));
  if (!context.globals.json) return {};
  return context.write_json(with_header("tag remove", arguments.image, Json{{"removed", removed}}));
}

}  // namespace

Runner define_tag_set(CLI::App& command) {
  auto arguments = std::make_shared<SetArguments>();
  add_image(command, *arguments);
  command.add_option("INODE", arguments->inode, "inode number")->required();
  add_list(command, "KEY[=VALUE]", arguments->tags,
           "KEY ends at the first '='; write \\x3d for '=' inside a key")
      ->required();
  command
      .add_option("--block", arguments->block, "block address to store with the tags (default: 0)")
      ->type_name("ADDRESS");
  add_seal_options(command, arguments->seal);
  add_separator(command, *arguments);
  return [arguments](Context& context) {
    return context.finish(arguments->image, set_tags(context, *arguments));
  };
}

Runner define_tag_remove(CLI::App& command) {
  auto arguments = std::make_shared<RemoveArguments>();
  add_image(command, *arguments);
  command.add_option("INODE", arguments->inode, "inode number")->required();
  add_list(command, "KEY", arguments->keys, "keys of the tags to remove");
  command.add_flag("--all", arguments->all, "remove all tags of the inode");
  add_seal_options(command, arguments->seal);
  add_separator(command, *arguments);
  return [arguments](Context& context) {
    return context.finish(arguments->image, remove_tags(context, *arguments));
  };
}

}  // namespace vde::cli
