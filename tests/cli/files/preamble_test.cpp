// Files that hold boot code before the volume, and others that are not images: every command says
// what they are, and changes nothing.
#include <doctest/doctest.h>

#include "base/endian.h"
#include "support/edit_image.h"
#include "support/run_tool.h"
#include "support/temporary_folder.h"
#include "support/vectors.h"

using namespace vde;
using namespace vde::test;
using nlohmann::json;

namespace {

using Words = std::vector<std::string>;

// Every command that takes an image, at "IMAGE".
const std::vector<Words> kCommands = {
    {"info", "IMAGE"},
    {"dump", "IMAGE"},
    {"dump", "IMAGE", "--regions"},
    {"dump", "IMAGE", "--block", "4"},
    {"dump", "IMAGE", "--block", "0", "--raw"},
    {"dump", "IMAGE", "--offset", "52"},
    {"rescue", "IMAGE", "--list"},
    {"verify", "IMAGE"},
    {"verify", "IMAGE", "--repair"},
    {"verify", "IMAGE", "--repair", "--dry-run"},
    {"verify", "IMAGE", "--repair", "--no-undo", "--unseal"},
    {"label", "IMAGE"},
    {"label", "IMAGE", "new"},
    {"resize", "IMAGE", "--size", "8M"},
    {"tag", "list", "IMAGE"},
    {"tag", "get", "IMAGE", "key"},
    {"tag", "set", "IMAGE", "1", "key=value"},
    {"tag", "remove", "IMAGE", "1", "key"},
    {"tag", "import", "IMAGE", "TAGS"},
    {"tag", "export", "IMAGE"},
    {"snapshot", "list", "IMAGE"},
    {"snapshot", "create", "IMAGE"},
    {"snapshot", "delete", "IMAGE", "@latest"},
    {"module", "list", "IMAGE"},
    {"module", "verify", "IMAGE"},
    {"module-register", "IMAGE", "MODULE", "--force"},
    {"format", "IMAGE", "--size", "1M"},
};

const std::vector<Words> kFewCommands = {{"info", "IMAGE"},
                                         {"verify", "IMAGE", "--repair"},
                                         {"label", "IMAGE", "new"},
                                         {"format", "IMAGE", "--size", "1M"}};

struct Folder {
  explicit Folder(const std::vector<uint8_t>& bytes) {
    write_file(image, bytes);
    write_file(folder / "tags", "1\tkey\tvalue\n");
    write_file(folder / "module", std::vector<uint8_t>{0, 'a', 's', 'm', 1, 0, 0, 0});
  }
  // Runs `words`, which must be refused with status 8 and leave the folder as it is.
  std::string refusal(Words words) const {
    const std::string before = file_sha256(image);
    const size_t files = folder.count();
    for (std::string& word : words) {
      if (word == "IMAGE") word = image;
      if (word == "TAGS") word = folder / "tags";
      if (word == "MODULE") word = folder / "module";
    }
    const ToolResult result = run_tool(words);
    INFO(describe(result));
    CHECK(result.status == 8);
    CHECK(result.out.empty());
    CHECK(result.tells_one_error());
    CHECK(file_sha256(image) == before);
    CHECK(folder.count() == files);
    return result.err;
  }

  TemporaryFolder folder;
  std::string image = folder / "image";
};

bool has(const std::string& text, const std::string& words) {
  return text.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("a preamble is refused by every command, with the byte at which the volume starts") {
  const Folder folder(vector_image("preamble-server"));
  for (const Words& words : kCommands) {
    const std::string error = folder.refusal(words);
    CAPTURE(error);
    CHECK(has(error, "byte 16384"));
  }
  const ToolResult stream = run_tool({.arguments = {"verify", "-"}, .input = folder.image});
  INFO(describe(stream));
  CHECK(stream.status == 8);
  CHECK(has(stream.err, "byte 16384"));
}

TEST_CASE("a preamble of another size is refused, too") {
  const Folder folder(vector_image("preamble-signed"));
  for (const Words& words : kFewCommands) CHECK(has(folder.refusal(words), "byte 4096"));
}

TEST_CASE("the command in the message about a preamble extracts the volume") {
  std::vector<uint8_t> bytes = vector_image("preamble-server");
  const Folder folder(bytes);
  CHECK(has(folder.refusal({"info", "IMAGE"}), "'tail -c +16385 FILE > VOLUME'"));
  bytes.erase(bytes.begin(), bytes.begin() + 16384);
  write_file(folder.folder / "volume", bytes);
  CHECK(run_tool({"verify", folder.folder / "volume"}).status == 0);
}

TEST_CASE("a preamble with a damaged header is refused too, without a place") {
  EditedImage edited(vector_image("preamble-server"), 4096);
  edited.put<uint64_t>(0, 24, 12345);
  const Folder folder(edited.bytes());
  for (const Words& words : kFewCommands) {
    const std::string error = folder.refusal(words);
    CAPTURE(error);
    CHECK(has(error, "with a damaged header"));
    CHECK_FALSE(has(error, "byte 16384"));
  }
}

TEST_CASE("undo refuses a preamble before it reads its undo file") {
  const Folder folder(vector_image("preamble-server"));
  write_file(folder.folder / "undo", "not an undo file");
  CHECK(has(folder.refusal({"undo", "IMAGE", folder.folder / "undo"}), "byte 16384"));
}

TEST_CASE("format --force replaces a file with a preamble") {
  const Folder folder(vector_image("preamble-server"));
  CHECK(run_tool({"format", folder.image, "--size", "1M", "--force"}).status == 0);
  CHECK(run_tool({"verify", folder.image}).status == 0);
}

TEST_CASE("a file that is not an image is reported by its type") {
  struct Case {
    std::vector<uint8_t> start;
    size_t offset;
    const char* words;
  };
  for (const Case& other :
       {Case{{0x1F, 0x8B, 8}, 0, "not a DWVD image: holds gzip data"},
        Case{{0x53, 0xEF}, 0x438, "not a DWVD image: holds an ext2, ext3 or ext4 file system"},
        Case{{'V', 'D', 'E', 'U', 'N', 'D', 'O', '1'},
             0,
             "not a DWVD image: holds the undo file of a repair"},
        Case{{1}, 0, "not a DWVD image (no valid superblock or region directory)"}}) {
    std::vector<uint8_t> bytes(size_t{1} << 17);
    std::copy(other.start.begin(), other.start.end(),
              bytes.begin() + static_cast<ptrdiff_t>(other.offset));
    const Folder folder(bytes);
    for (const char* command : {"info", "verify"})
      CHECK(has(folder.refusal({command, "IMAGE"}), other.words));
  }
}
