#include <fmt/format.h>

#include <optional>

#include "commands.h"
#include "commands/seal_options.h"
#include "commands/volume_options.h"
#include "terminal.h"
#include "usage.h"
#include "vde/inspect.h"
#include "vde/part_of_file.h"
#include "vde/text.h"

namespace vde::cli {
namespace {

struct DumpArguments {
  std::string image;
  bool superblock = false;
  bool regions = false;
  std::optional<std::string> region;
  std::optional<std::string> block;
  std::optional<std::string> offset;
  std::optional<std::string> block_size;
  std::optional<std::string> volume_offset;
  bool tree = false;
  bool raw = false;
  bool hex = false;
  std::vector<std::string> key_files;
};

// The number of a byte, or "BLOCK:BYTE".
Result<BytePosition> parse_position(const std::string& text) {
  BytePosition position;
  const size_t colon = text.find(':');
  if (colon != std::string::npos) {
    VDE_TRY_ASSIGN(block, parse_byte(text, std::string_view(text).substr(0, colon)));
    position.block = block;
  }
  VDE_TRY_ASSIGN(
      byte,
      parse_byte(text, std::string_view(text).substr(colon == std::string::npos ? 0 : colon + 1)));
  position.byte = byte;
  return position;
}

Result<BlockSelection> selection_of(const DumpArguments& arguments) {
  BlockSelection selection;
  VDE_TRY_ASSIGN(block_size, parse_block_size(arguments.block_size));
  selection.block_size = block_size;
  if (arguments.block) {
    VDE_TRY_ASSIGN(blocks, parse_blocks(*arguments.block));
    selection.kind = BlockSelection::Kind::kBlocks;
    selection.blocks = blocks;
  } else if (arguments.region) {
    selection.kind = BlockSelection::Kind::kRegion;
    selection.region = *arguments.region;
  }
  return selection;
}

Result<void> dump_one_byte(Context& context, BlockFile& file, const BytePosition& position,
                           const DumpArguments& arguments) {
  VDE_TRY_ASSIGN(json, dump_offset(file, position));
  return context.globals.json ? context.write_json(with_header("dump", arguments.image, json))
                              : context.out.write(offset_text(json));
}

// One line per node, or one object.
Result<void> dump_tree(Context& context, BlockFile& file, const DumpArguments& arguments,
                       std::optional<uint32_t> block_size) {
  TreeLines lines;
  return dump_tag_tree(file, block_size, context.activity, [&](const Json& node) {
    if (context.globals.json) return context.write_json(with_header("dump", arguments.image, node));
    const std::string before = lines.next(node["depth"].get<size_t>(), node["last"].get<bool>());
    return context.out.write(before + tag_node_text(node) + "\n");
  });
}

Result<void> dump_tables(Context& context, BlockFile& file, const DumpArguments& arguments,
                         std::optional<uint32_t> block_size) {
  VDE_TRY_ASSIGN(json, dump_regions(file, block_size));
  return context.globals.json ? context.write_json(with_header("dump", arguments.image, json))
                              : context.out.write(regions_text(json));
}

// On a terminal, digits that are all zero are not printed one by one.
std::string text_of(Json block) {
  constexpr size_t kManyDigits = 64;
  if (!Context::is_terminal()) return block_text(block);
  for (Json& structure : block["structures"])
    for (Json& field : structure["fields"]) {
      const auto value = field.find("value");
      if (value == field.end() || !value->is_string()) continue;
      const std::string digits = value->get<std::string>();
      if (digits.size() >= kManyDigits && digits.find_first_not_of('0') == std::string::npos)
        *value = "all zero";
    }
  return block_text(block);
}

// Raw bytes or a hex dump; in JSON Base64 for --raw and digits for --hex.
Result<void> dump_bytes(Context& context, BlockFile& file, const BlockSelection& selection,
                        const DumpArguments& arguments) {
  return dump_raw(file, selection, context.activity, [&](uint64_t offset, Bytes bytes) {
    if (!context.globals.json)
      return arguments.raw ? context.out.write(bytes) : context.out.write(hex_dump(offset, bytes));
    Json json{{"block", offset / bytes.size()}, {"offset", offset}, {"size", bytes.size()}};
    json[arguments.raw ? "base64" : "hex"] = arguments.raw ? to_base64(bytes) : to_hex(bytes);
    return context.write_json(with_header("dump", arguments.image, json));
  });
}

Result<void> check_arguments(const DumpArguments& arguments) {
  const int selections = int{arguments.superblock} + int{arguments.regions} +
                         int{arguments.region.has_value()} + int{arguments.block.has_value()} +
                         int{arguments.offset.has_value()} + int{arguments.tree};
  if (selections > 1)
    return fail(ErrorCode::kUsage,
                "use only one of --superblock, --regions, --region, --block, --offset and --tree");
  if ((arguments.raw || arguments.hex) && (arguments.offset || arguments.regions || arguments.tree))
    return fail(ErrorCode::kUsage, "--raw and --hex need --block, --region or --superblock");
  if (!arguments.key_files.empty() &&
      (arguments.raw || arguments.hex || arguments.offset || arguments.regions || arguments.tree))
    return fail(ErrorCode::kUsage,
                "--key-file needs decoded blocks: --superblock, --block or --region");
  return {};
}

Result<void> run_dump(Context& context, const DumpArguments& arguments) {
  VDE_TRY(check_arguments(arguments));
  const bool bytes = arguments.raw || arguments.hex;
  VDE_TRY_ASSIGN(selection, selection_of(arguments));
  VDE_TRY_ASSIGN(position, parse_position(arguments.offset.value_or("0")));
  position.block_size = selection.block_size;
  VDE_TRY_ASSIGN(keys, context.read_keys(arguments.key_files));
  selection.keys = std::move(keys);
  VDE_TRY_ASSIGN(start, parse_volume_offset(arguments.volume_offset));
  VDE_TRY_ASSIGN(whole, context.open_storage(arguments.image, OpenMode::kRead));
  const auto file = part_of_file(std::move(whole), start);
  if (arguments.offset) return dump_one_byte(context, *file, position, arguments);
  if (arguments.tree) return dump_tree(context, *file, arguments, selection.block_size);
  if (arguments.regions) return dump_tables(context, *file, arguments, selection.block_size);
  if (bytes) return dump_bytes(context, *file, selection, arguments);
  return dump_blocks(*file, selection, context.activity, [&](const Json& block) {
    return context.globals.json ? context.write_json(with_header("dump", arguments.image, block))
                                : context.out.write(text_of(block));
  });
}

}  // namespace

Runner define_dump(CLI::App& command) {
  auto arguments = std::make_shared<DumpArguments>();
  command.add_option("IMAGE", arguments->image, kImageHelp)->required();
  command.add_flag("--superblock", arguments->superblock, "the superblock in use (default)");
  command.add_flag("--regions", arguments->regions, "the region tables");
  add_text(command, "--region", arguments->region,
           "all written blocks of the region TAG, e.g. TAGI")
      ->type_name("TAG")
      ->check(offers(region_types));
  add_text(command, "--block", arguments->block, "block N, or blocks N to M")->type_name("N[-M]");
  add_text(command, "--offset", arguments->offset,
           "explain one byte: its number (4096, 0x1000, 4K), or BLOCK:BYTE")
      ->type_name("OFFSET");
  add_text(command, "--block-size", arguments->block_size,
           "block size (default: that of the superblock, else of the blocks' trailers)")
      ->type_name("SIZE");
  add_text(command, "--volume-offset", arguments->volume_offset, kVolumeOffsetHelp)
      ->type_name("BYTE");
  command.add_flag("--tree", arguments->tree, "the tag tree, one line per node");
  auto* raw = command.add_flag("--raw", arguments->raw, "write raw bytes to standard output");
  command.add_flag("--hex", arguments->hex, "print the bytes in hexadecimal")->excludes(raw);
  add_key_files(command, arguments->key_files,
                "say whether a seal or signature fits the key in FILE");
  return [arguments](Context& context) {
    return context.finish(arguments->image, run_dump(context, *arguments));
  };
}

}  // namespace vde::cli
