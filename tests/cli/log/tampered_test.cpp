// Changes every byte of an audit log in turn: with the old checksum the trailer shows it, with a
// new one the chain does. What neither can show is named here.
#include <doctest/doctest.h>

#include <fstream>

#include "support/edit_image.h"
#include "support/run_tool.h"
#include "support/temporary_folder.h"
#include "support/vectors.h"

using namespace vde::test;
using nlohmann::json;

namespace {

constexpr uint32_t kTamperedBlockSize = 4096;
constexpr uint64_t kLogBlock = 1099;
constexpr size_t kLogHeader = 16;
constexpr size_t kEntryFields = 86;

// Five entries in one block, with details of 0 to 256 bytes.
class TamperedLog {
 public:
  TamperedLog() {
    write_file(path_, vector_image("alog-5"));
    const json listing = vector_listing("alog-5");
    size_t at = kLogHeader;
    for (const json& entry : listing.at("audit_log").at("entries")) {
      starts_.push_back(at);
      at += kEntryFields + entry.at("details_hex").get<std::string>().size() / 2;
    }
    starts_.push_back(at);
  }

  [[nodiscard]] size_t entries() const { return starts_.size() - 1; }
  [[nodiscard]] size_t start(size_t entry) const { return starts_[entry]; }
  [[nodiscard]] size_t size(size_t entry) const { return starts_[entry + 1] - starts_[entry]; }

  // The result for the log with one bit of this byte flipped.
  [[nodiscard]] ToolResult flipped(size_t byte, bool rehashed) {
    EditedImage image = image_;
    image.block(kLogBlock)[byte] ^= 1;
    if (rehashed) image.rehash(kLogBlock);
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(kLogBlock * kTamperedBlockSize);
    const auto block = image.block(kLogBlock);
    file.write(reinterpret_cast<const char*>(block.data()),
               static_cast<std::streamsize>(block.size()));
    file.close();
    return run_tool({"log", path_, "--json"});
  }

 private:
  TemporaryFolder folder_;
  std::string path_ = folder_ / "image";
  EditedImage image_{vector_image("alog-5"), kTamperedBlockSize};
  std::vector<size_t> starts_;  // of the entries in the block, and of what follows them
};

// The state of the only log.
json log_state(const ToolResult& result) {
  for (const json& line : result.json_lines())
    if (line.at("type") == "log") return line;
  return nullptr;
}

}  // namespace

TEST_CASE("without a new checksum, every changed byte of a log is found") {
  TamperedLog log;
  for (size_t byte = 0; byte < log.start(log.entries()); byte += 7) {
    CAPTURE(byte);
    const ToolResult result = log.flipped(byte, false);
    CHECK(result.status == 4);
    CHECK(log_state(result).at("state") == "damaged");
    CHECK(log_state(result).at("damaged_blocks") == 1);
  }
}

TEST_CASE("with a new checksum, every changed byte of an entry before the last is found") {
  TamperedLog log;
  const size_t entry = 1;
  for (size_t byte = 0; byte < log.size(entry); ++byte) {
    CAPTURE(byte);
    const ToolResult result = log.flipped(log.start(entry) + byte, true);
    CHECK(result.status == 4);
    const json state = log_state(result);
    const bool is_link = byte < 8 || (byte >= 50 && byte < 82);  // sequence, previous hash
    const bool is_length = byte >= 82 && byte < kEntryFields;
    // A changed length may make the next entry unreadable.
    if (!is_length) CHECK(state.at("state") == "broken");
    if (!is_length) CHECK(state.at("broken_entry") == (is_link ? entry : entry + 1));
    if (!is_length) CHECK(state.at("entries") == log.entries());
  }
}

TEST_CASE("of the last entry, only its number, its link and its length are protected") {
  TamperedLog log;
  const size_t entry = log.entries() - 1;
  std::string unprotected;
  for (size_t byte = 0; byte < log.size(entry); ++byte) {
    const ToolResult result = log.flipped(log.start(entry) + byte, true);
    if (result.status == 4) continue;
    CHECK(result.status == 0);
    CHECK(log_state(result).at("state") == "complete");
    const char* field = byte < 8              ? "sequence"
                        : byte < 16           ? "ticks"
                        : byte < 32           ? "actor"
                        : byte < 34           ? "event"
                        : byte < 50           ? "target"
                        : byte < 82           ? "previous_hash"
                        : byte < kEntryFields ? "details_length"
                                              : "details";
    if (!unprotected.ends_with(field))
      unprotected += (unprotected.empty() ? "" : " ") + std::string(field);
  }
  CHECK(unprotected == "ticks actor event target details");
}

TEST_CASE("a changed count is found, and a next number that is too high") {
  TamperedLog log;
  for (size_t byte = 0; byte < 8; ++byte) {
    CAPTURE(byte);
    CHECK(log.flipped(byte, true).status == 4);
    const ToolResult next = log.flipped(8 + byte, true);
    const bool is_lower = byte == 0;  // 4 instead of 5
    CHECK(next.status == (is_lower ? 0 : 4));
    CHECK(log_state(next).at("state") == (is_lower ? "complete" : "damaged"));
    CHECK(log_state(next).at("notes").size() == (is_lower ? 1 : 0));
    CHECK(log_state(next).at("problems").size() == (is_lower ? 0 : 1));
  }
}
