#include <fmt/format.h>

#include <array>
#include <cstdlib>

#include "entry_json.h"
#include "snapshot_tree.h"
#include "terminal.h"
#include "usage.h"
#include "vde/image.h"
#include "vde/text.h"
#include "verb.h"

namespace vde::cli {
namespace {

struct SnapshotArguments {
  std::string image;
  std::string ref;
  std::vector<std::string> refs;
  std::string label;
  std::optional<std::string> parent;
  std::optional<std::string> id;
  bool read_only = false;
  bool base = false;
  bool all = false;
  bool tree = false;
  SealChoice seal;
};

std::string joined_flags(const Snapshot& snapshot) {
  std::string text;
  for (const std::string& name : snapshot_flag_names(snapshot.flags))
    text += (text.empty() ? "" : ",") + name;
  return text;
}

std::string snapshot_heading() {
  return fmt::format("{:<36}  {:<20}  {}\n", "ID", "CREATED", "LABEL [FLAGS]");
}

// "ID  CREATED  LABEL  [FLAGS]"
std::string snapshot_line(const Snapshot& snapshot) {
  std::string line = fmt::format(
      "{}  {}", to_string(snapshot.id),
      Context::is_terminal() ? short_time(snapshot.created) : to_string(snapshot.created));
  if (!snapshot.label.empty()) line += "  " + escape(snapshot.label);
  if (snapshot.flags != 0) line += fmt::format("  [{}]", joined_flags(snapshot));
  return line + "\n";
}

std::string snapshot_text(const Snapshot& snapshot) {
  return fmt::format(
      "id           {}\nlabel        {}\nparent       {}\ncreated      {}\nflags        {}\n"
      "inode table  {} {} from {}\ndata blocks  {}\n",
      to_string(snapshot.id), escape(snapshot.label),
      snapshot.parent.is_zero() ? "none" : to_string(snapshot.parent), to_string(snapshot.created),
      snapshot.flags == 0 ? "none" : joined_flags(snapshot), snapshot.inode_table_blocks,
      snapshot.inode_table_blocks == 1 ? "block" : "blocks", snapshot.inode_table_start,
      snapshot.data_blocks);
}

// A label among the references is written as `list` prints it.
Result<std::vector<std::string>> parse_references(const std::vector<std::string>& texts) {
  std::vector<std::string> references;
  for (const std::string& text : texts) {
    VDE_TRY_ASSIGN(reference, unescape(text));
    references.push_back(std::move(reference));
  }
  return references;
}

// Prints snapshots one by one, up to the first that cannot be written.
class SnapshotPrinter {
 public:
  SnapshotPrinter(Context& context, std::string_view command, const std::string& image)
      : context_(context), command_(command), image_(image) {}

  bool print(const Snapshot& snapshot) {
    if (!has_heading_ && Context::is_terminal() && !context_.globals.json)
      written_ = context_.out.write(snapshot_heading());
    has_heading_ = true;
    if (!written_) return false;
    written_ = context_.globals.json
                   ? context_.write_json(with_header(command_, image_, snapshot_json(snapshot)))
                   : context_.out.write(snapshot_line(snapshot));
    return go_on();
  }

  bool print(const TreeRow& row) {
    if (context_.globals.json) {
      Json json = snapshot_json(*row.snapshot);
      json["depth"] = row.depth;
      written_ = context_.write_json(with_header(command_, image_, json));
    } else {
      written_ = context_.out.write(row.lines + (row.in_cycle ? "(in a cycle) " : "") +
                                    snapshot_line(*row.snapshot));
    }
    return go_on();
  }

  // The error of reading, else of printing, if any.
  [[nodiscard]] Result<void> outcome(Result<void> read) {
    if (!read) return read;
    if (!written_) return written_;
    if (context_.activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
    return {};
  }

 private:
  [[nodiscard]] bool go_on() const { return written_.has_value() && !context_.activity.stop; }

  Context& context_;
  std::string_view command_;
  const std::string& image_;
  bool has_heading_ = false;
  Result<void> written_;
};

// The options, as far as they can be checked without the image.
Result<SnapshotOptions> snapshot_options(const SnapshotArguments& arguments) {
  SnapshotOptions options;
  VDE_TRY_ASSIGN(label, parse_label(arguments.label));
  options.label = label;
  if (arguments.parent) {
    VDE_TRY_ASSIGN(parent, unescape(*arguments.parent));
    options.parent = parent;
  }
  options.read_only = arguments.read_only;
  options.base = arguments.base;
  options.reproducible = std::getenv("SOURCE_DATE_EPOCH") != nullptr;
  if (arguments.id) {
    options.id = parse_guid(*arguments.id);
    if (!options.id) return invalid_id("id", *arguments.id);
  }
  if (options.id && options.id->is_zero())
    return fail(ErrorCode::kUsage, "the id must not be zero");
  return options;
}

Result<void> run_create(Context& context, const SnapshotArguments& arguments) {
  VDE_TRY_ASSIGN(options, snapshot_options(arguments));
  VDE_TRY_ASSIGN(opened, context.begin_change(arguments.image, arguments.seal));
  auto created = opened.change.snapshots().create(options);
  // The first snapshot of an image has no latest one to follow.
  if (!created && created.error().code == ErrorCode::kNotFound && options.parent == "@latest") {
    options.parent.reset();
    created = opened.change.snapshots().create(options);
  }
  VDE_TRY_ASSIGN(snapshot, std::move(created));
  VDE_TRY(context.commit(arguments.image, opened.change));
  return context.globals.json ? context.write_json(with_header("snapshot create", arguments.image,
                                                               snapshot_json(snapshot)))
                              : context.out.write(to_string(snapshot.id) + "\n");
}

Result<void> run_list(Context& context, const SnapshotArguments& arguments) {
  VDE_TRY_ASSIGN(open, context.open_reader(arguments.image, &Image::snapshots));
  SnapshotPrinter printer(context, "snapshot list", arguments.image);
  if (!arguments.tree)
    return printer.outcome(open.reader.list([&](const Snapshot& snapshot) {
      return (snapshot.is_deleted() && !arguments.all) || printer.print(snapshot);
    }));
  std::vector<Snapshot> all;
  VDE_TRY(open.reader.list([&](const Snapshot& snapshot) {
    all.push_back(snapshot);
    return true;
  }));
  for (const TreeRow& row : tree_rows(all, arguments.all))
    if (!printer.print(row)) break;
  return printer.outcome({});
}

Result<void> run_show(Context& context, const SnapshotArguments& arguments) {
  VDE_TRY_ASSIGN(ref, unescape(arguments.ref));
  VDE_TRY_ASSIGN(open, context.open_reader(arguments.image, &Image::snapshots));
  VDE_TRY_ASSIGN(snapshot, open.reader.find(ref));
  return context.globals.json ? context.write_json(with_header("snapshot show", arguments.image,
                                                               snapshot_json(snapshot)))
                              : context.out.write(snapshot_text(snapshot));
}

Result<void> run_chain(Context& context, const SnapshotArguments& arguments) {
  VDE_TRY_ASSIGN(ref, unescape(arguments.ref));
  VDE_TRY_ASSIGN(open, context.open_reader(arguments.image, &Image::snapshots));
  VDE_TRY_ASSIGN(from, open.reader.find(ref));
  SnapshotPrinter printer(context, "snapshot chain", arguments.image);
  return printer.outcome(open.reader.chain(
      from.id, [&](const Snapshot& snapshot) { return printer.print(snapshot); }));
}

Result<void> run_children(Context& context, const SnapshotArguments& arguments) {
  VDE_TRY_ASSIGN(ref, unescape(arguments.ref));
  VDE_TRY_ASSIGN(open, context.open_reader(arguments.image, &Image::snapshots));
  VDE_TRY_ASSIGN(parent, open.reader.find(ref));
  SnapshotPrinter printer(context, "snapshot children", arguments.image);
  return printer.outcome(open.reader.children(parent.id, [&](const Snapshot& snapshot) {
    return (snapshot.is_deleted() && !arguments.all) || printer.print(snapshot);
  }));
}

// The output of `delete` and `undelete`: the ids of the changed snapshots.
Result<void> print_changed(Context& context, const SnapshotArguments& arguments,
                           std::string_view command, std::span<const Snapshot> changed) {
  Json ids = Json::array();
  std::string text;
  for (const Snapshot& snapshot : changed) {
    ids.push_back(to_string(snapshot.id));
    text += to_string(snapshot.id) + "\n";
  }
  if (context.globals.json)
    return context.write_json(with_header(command, arguments.image, Json{{"ids", ids}}));
  return context.globals.quiet ? Result<void>{} : context.out.write(text);
}

Result<void> run_delete(Context& context, const SnapshotArguments& arguments) {
  VDE_TRY_ASSIGN(refs, parse_references(arguments.refs));
  VDE_TRY_ASSIGN(opened, context.begin_change(arguments.image, arguments.seal));
  VDE_TRY_ASSIGN(changed, opened.change.snapshots().remove(refs));
  VDE_TRY(context.commit(arguments.image, opened.change));
  return print_changed(context, arguments, "snapshot delete", changed);
}

Result<void> run_undelete(Context& context, const SnapshotArguments& arguments) {
  VDE_TRY_ASSIGN(ref, unescape(arguments.ref));
  VDE_TRY_ASSIGN(opened, context.begin_change(arguments.image, arguments.seal));
  VDE_TRY_ASSIGN(changed, opened.change.snapshots().undelete(ref));
  VDE_TRY(context.commit(arguments.image, opened.change));
  return print_changed(context, arguments, "snapshot undelete", {&changed, 1});
}

constexpr const char* kRefHelp = "snapshot: id, id prefix (4+ characters), label or @latest";

struct SnapshotVerb : Verb<SnapshotArguments> {
  using Verb::Verb;
  void add_ref() { command.add_option("REF", arguments->ref, kRefHelp)->required(); }
  void add_all() { command.add_flag("--all", arguments->all, "include deleted snapshots"); }
};

constexpr std::array<Command, 9> kSnapshotVerbs = {{
    {"create",
     "Create a snapshot (metadata only)",
     {"vdetool snapshot create photos.dwvd --label monday",
      "vdetool snapshot create photos.dwvd --label tuesday --parent @latest"},
     define_snapshot_create},
    {"list",
     "List snapshots",
     {"vdetool snapshot list photos.dwvd", "vdetool snapshot list photos.dwvd --tree --all"},
     define_snapshot_list},
    {"show",
     "Show one snapshot",
     {"vdetool snapshot show photos.dwvd monday", "vdetool snapshot show photos.dwvd @latest"},
     define_snapshot_show},
    {"chain",
     "Show a snapshot and its ancestors, up to the root",
     {"vdetool snapshot chain photos.dwvd @latest",
      "vdetool snapshot chain photos.dwvd tuesday --json"},
     define_snapshot_chain},
    {"children",
     "List the direct children of a snapshot",
     {"vdetool snapshot children photos.dwvd monday",
      "vdetool snapshot children photos.dwvd monday --all"},
     define_snapshot_children},
    {"delete",
     "Mark snapshots as deleted",
     {"vdetool snapshot delete photos.dwvd tuesday",
      "vdetool snapshot delete photos.dwvd monday tuesday"},
     define_snapshot_delete},
    {"undelete",
     "Restore deleted snapshots",
     {"vdetool snapshot undelete photos.dwvd 4a1b0c52-1d3e-4f60-8a7b-9c0d1e2f3a4b",
      "vdetool snapshot undelete photos.dwvd 4a1b0c52-1d3e-4f60-8a7b-9c0d1e2f3a4b -q"},
     define_snapshot_undelete},
    {"prune",
     "Delete the snapshots that no rule keeps",
     {"vdetool snapshot prune photos.dwvd --keep-daily 7 --keep-monthly 12",
      "vdetool snapshot prune photos.dwvd --keep-within 1m --dry-run"},
     define_snapshot_prune},
    {"purge",
     "Remove deleted snapshots from the table permanently",
     {"vdetool snapshot purge photos.dwvd", "vdetool snapshot purge photos.dwvd --dry-run"},
     define_snapshot_purge},
}};

}  // namespace

std::span<const Command> snapshot_verbs() {
  return kSnapshotVerbs;
}

Runner define_snapshot_create(CLI::App& command) {
  SnapshotVerb verb(command, run_create);
  SnapshotArguments& arguments = *verb.arguments;
  command.add_option("--label", arguments.label, "label (up to 64 bytes of UTF-8)");
  add_text(command, "--parent", arguments.parent, "parent snapshot (default: none)")
      ->type_name("REF");
  command.add_flag("--read-only", arguments.read_only, "set the read-only flag");
  command.add_flag("--base", arguments.base, "set the base flag");
  add_text(command, "--id", arguments.id, "snapshot id (default: random)")->type_name("ID");
  verb.add_seal();
  return verb.runner();
}

Runner define_snapshot_list(CLI::App& command) {
  SnapshotVerb verb(command, run_list);
  verb.add_all();
  command.add_flag("--tree", verb.arguments->tree, "show as a tree");
  return verb.runner();
}

Runner define_snapshot_show(CLI::App& command) {
  SnapshotVerb verb(command, run_show);
  verb.add_ref();
  return verb.runner();
}

Runner define_snapshot_chain(CLI::App& command) {
  SnapshotVerb verb(command, run_chain);
  verb.add_ref();
  return verb.runner();
}

Runner define_snapshot_children(CLI::App& command) {
  SnapshotVerb verb(command, run_children);
  verb.add_ref();
  verb.add_all();
  return verb.runner();
}

Runner define_snapshot_delete(CLI::App& command) {
  SnapshotVerb verb(command, run_delete);
  add_list(command, "REF", verb.arguments->refs, kRefHelp)->required();
  verb.add_seal();
  return verb.runner();
}

Runner define_snapshot_undelete(CLI::App& command) {
  SnapshotVerb verb(command, run_undelete);
  verb.add_ref();
  verb.add_seal();
  return verb.runner();
}

}  // namespace vde::cli
