// Compares the tag index with std::multimap in random operations: long and short entries, runs of
// equal keys longer than a leaf, growth, reopening, and writes of the SDK in between.
#include <doctest/doctest.h>

#include <map>

#include "support/effort.h"
#include "support/random.h"
#include "support/verify_list.h"
#include "tags/foreign_tags.h"
#include "tags/tag_session.h"

using namespace vde;
using namespace vde::test;

namespace {

class Model {
 public:
  bool set(const TagEntry& entry) {
    if (TagEntry* old = find(entry.key, entry.inode)) {
      *old = entry;
      return false;
    }
    entries_.emplace(entry.key, entry);
    return true;
  }
  bool remove(const std::string& key, int64_t inode) {
    for (auto [at, end] = entries_.equal_range(key); at != end; ++at)
      if (at->second.inode == inode) {
        entries_.erase(at);
        return true;
      }
    return false;
  }
  uint64_t remove_all(int64_t inode) {
    return std::erase_if(entries_, [&](const auto& e) { return e.second.inode == inode; });
  }
  [[nodiscard]] std::vector<TagEntry> all(const std::string& from = {}) const {
    std::vector<TagEntry> list;
    for (auto at = entries_.lower_bound(from); at != entries_.end(); ++at)
      list.push_back(at->second);
    return sorted(std::move(list));
  }
  [[nodiscard]] std::vector<TagEntry> get(const std::string& key) const {
    std::vector<TagEntry> list;
    for (auto [at, end] = entries_.equal_range(key); at != end; ++at) list.push_back(at->second);
    return sorted(std::move(list));
  }
  // Any entry: the first one at or after `key`.
  [[nodiscard]] const TagEntry* near(const std::string& key) const {
    if (entries_.empty()) return nullptr;
    const auto at = entries_.lower_bound(key);
    return at == entries_.end() ? &entries_.begin()->second : &at->second;
  }
  [[nodiscard]] size_t size() const { return entries_.size(); }

 private:
  TagEntry* find(const std::string& key, int64_t inode) {
    for (auto [at, end] = entries_.equal_range(key); at != end; ++at)
      if (at->second.inode == inode) return &at->second;
    return nullptr;
  }
  std::multimap<std::string, TagEntry> entries_;
};

struct Setting {
  uint32_t block_size;
  uint64_t blocks;       // of the volume
  uint64_t operations;   // in total
  size_t max;            // entries at the peak of a wave
  size_t longest_key;    // bytes
  size_t longest_value;  // bytes
};

class Run {
 public:
  Run(const Setting& setting, uint64_t seed)
      : setting_(setting), random_(seed), image_({setting.block_size, setting.blocks, "tags"}) {}

  void play() {
    writer_ = must(TagWriter::open(image_.file(), kSomeOptions));
    for (uint64_t i = 0; i < setting_.operations; ++i) {
      if (model_.size() > setting_.max) growing_ = false;
      if (model_.size() < setting_.max / 8) growing_ = true;
      step();
      if (random_.below(400) == 0) must(writer_->commit());
      if (random_.below(setting_.operations / 12) == 0) reopen();
    }
    reopen();
  }

 private:
  std::string key() {
    const uint64_t kind = random_.below(16);
    if (kind == 0) return {};
    if (kind <= 2) return "hot";
    if (kind <= 4)
      return std::string(setting_.longest_key, static_cast<char>('a' + random_.below(3)));
    if (kind <= 8) {
      std::string text = "part";
      text.push_back('\0');
      return text + std::to_string(random_.below(setting_.max / 8));
    }
    if (kind == 9)
      return std::string(random_.below(setting_.longest_key), static_cast<char>(random_.below(4)));
    return "name" + std::to_string(random_.below(setting_.max * 2));
  }
  int64_t inode(const std::string& key) {
    return static_cast<int64_t>(random_.below(key == "hot" ? setting_.max / 16 : 6)) - 2;
  }
  std::string value() {
    const uint64_t kind = random_.below(12);
    const size_t size = kind == 0 ? setting_.longest_value : kind == 1 ? 0 : random_.below(20);
    return std::string(size, static_cast<char>('A' + random_.below(26)));
  }

  void step() {
    const std::string key = this->key();
    const bool add = random_.below(10) < (growing_ ? 8u : 3u);
    if (random_.below(setting_.operations / 4) == 0) {
      const auto victim = static_cast<int64_t>(random_.below(8)) - 2;
      CHECK(must(writer_->remove_all(victim)) == model_.remove_all(victim));
    } else if (add) {
      const TagEntry entry{key, value(), inode(key), static_cast<int64_t>(random_.next())};
      REQUIRE(must(writer_->set(entry)) == model_.set(entry));
    } else {
      const TagEntry* near = model_.near(key);
      const bool hit = near != nullptr && random_.below(4) != 0;
      const std::string victim = hit ? near->key : key;
      const int64_t inode = hit ? near->inode : this->inode(key);
      REQUIRE(must(writer_->remove(victim, inode)) == model_.remove(victim, inode));
    }
  }

  void reopen() {
    must(writer_->commit());
    must(writer_->close());
    writer_.reset();
    check();
    if (random_.below(3) == 0) rewrite();
    writer_ = must(TagWriter::open(image_.file(), kSomeOptions));
  }

  void check() {
    const std::vector<TagEntry> all = model_.all();
    const auto reader = open_tags(image_.file());
    REQUIRE(reader->entry_count() == all.size());
    REQUIRE(sorted(found(*reader, {})) == all);
    TagQuery backwards;
    backwards.reverse = true;
    std::vector<TagEntry> reversed = found(*reader, backwards);
    std::reverse(reversed.begin(), reversed.end());
    REQUIRE(reversed == found(*reader, {}));
    for (int i = 0; i < 300; ++i) {
      const std::string wanted = key();
      const std::vector<TagEntry> expected = model_.get(wanted);
      REQUIRE(sorted(gotten(*reader, wanted)) == expected);
      for (const TagEntry& entry : expected) {
        if (random_.below(expected.size()) > 3) continue;
        REQUIRE(gotten(*reader, wanted, entry.inode) == std::vector{entry});
      }
      REQUIRE(gotten(*reader, wanted, 1'000'000).empty());
    }
    check_ranges(*reader, all);
    check_strictly(image_.bytes(), all, true);
    const Verified result = verified(image_.file());
    // Block addresses are arbitrary, which causes warnings; a region that moved may lie in the data
    // area.
    for (const Finding& finding : result.findings)
      if (finding.kind->severity != Severity::kNote)
        CHECK_MESSAGE(finding.kind->code == "TAGI-016", finding.kind->code, ": ", finding.message);
  }

  void check_ranges(TagReader& reader, const std::vector<TagEntry>& all) {
    for (int i = 0; i < 20; ++i) {
      TagQuery query;
      if (random_.below(2) == 0) query.from = key();
      if (random_.below(2) == 0) query.to = key();
      if (random_.below(3) == 0) query.prefix = key().substr(0, random_.below(8));
      if (random_.below(4) == 0) query.inode = static_cast<int64_t>(random_.below(5));
      query.reverse = random_.below(2) == 0;
      std::vector<TagEntry> expected;
      for (const TagEntry& entry : all)
        if ((!query.from || entry.key >= *query.from) && (!query.to || entry.key <= *query.to) &&
            entry.key.starts_with(query.prefix) && (!query.inode || entry.inode == *query.inode))
          expected.push_back(entry);
      REQUIRE(sorted(found(reader, query)) == expected);
    }
  }

  // Afterwards equal keys are in any order, leaves are empty, and vdetool's own record is lost.
  void rewrite() {
    std::vector<TagEntry> entries = model_.all();
    if (random_.below(2) == 0)
      for (size_t i = 1; i < entries.size(); ++i)
        if (entries[i - 1].key == entries[i].key && random_.below(2) == 0)
          std::swap(entries[i - 1], entries[i]);
    const uint64_t start = image_.start("TAGI");
    const auto blocks = static_cast<uint64_t>(image_.slots()[image_.slot_of("TAGI")].count);
    const MutableBytes region =
        MutableBytes(image_.bytes())
            .subspan(start * setting_.block_size, blocks * setting_.block_size);
    ForeignShape shape;
    shape.empty_every = random_.below(2) * 5;
    for (shape.order = 64; shape.order > 0; shape.order /= 2)
      if (write_as_foreign(region, setting_.block_size, entries, shape)) break;
    if (shape.order > 0) ++rewrites_;
  }

  Setting setting_;
  Random random_;
  ImageBuilder image_;
  std::unique_ptr<TagWriter> writer_;
  Model model_;
  bool growing_ = true;
  uint64_t rewrites_ = 0;
};

// Operations of all runs together.
uint64_t operations() {
  constexpr uint64_t kMin = 1000;
  return std::max(kMin, scaled(1'000'000));
}

}  // namespace

TEST_CASE("512-byte blocks: the index behaves like a multimap") {
  Run({512, 60'000, operations() * 5 / 10, 12'000, 239, 200}, 1).play();
}

TEST_CASE("4096-byte blocks: the index behaves like a multimap") {
  Run({4096, 6'000, operations() * 4 / 10, 15'000, 255, 255}, 2).play();
}

TEST_CASE("65536-byte blocks: the index behaves like a multimap") {
  Run({65536, 500, operations() / 10, 15'000, 255, 255}, 3).play();
}
