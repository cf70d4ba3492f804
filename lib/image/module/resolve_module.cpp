#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "image/module/code_cache.h"
#include "vde/text.h"

namespace vde {
namespace {

constexpr size_t kMinPrefix = 4;
constexpr size_t kMaxCandidates = 10;

// A parsed reference, to be compared with many entries.
class Reference {
 public:
  explicit Reference(std::string_view text) : text_(text) {
    std::transform(text_.begin(), text_.end(), text_.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const auto bytes = from_hex(text_);
    if (bytes && bytes->size() == hash_.size()) {
      std::copy(bytes->begin(), bytes->end(), hash_.begin());
      whole_hash_ = true;
    }
    id_ = parse_guid(text_);
    const auto first = from_hex(std::string_view(text_).substr(0, 2));
    if (first && text_.size() >= kMinPrefix) first_ = (*first)[0];
  }

  [[nodiscard]] bool is_whole() const { return whole_hash_ || id_; }

  [[nodiscard]] bool means(Bytes record) const {
    const Bytes hash = record.first(hash_.size());
    const Bytes id = record.subspan(kModuleIdOffset, sizeof(Guid));
    if (whole_hash_) return std::equal(hash.begin(), hash.end(), hash_.begin());
    if (id_) return std::equal(id.begin(), id.end(), id_->bytes.begin());
    // The text of an id starts with its fourth byte.
    if (hash[0] != first_ && id[3] != first_) return false;
    Guid guid;
    std::copy(id.begin(), id.end(), guid.bytes.begin());
    return to_hex(hash).starts_with(text_) || to_string(guid).starts_with(text_);
  }

  // False if no entry can match.
  [[nodiscard]] bool can_match() const { return is_whole() || first_; }

 private:
  std::string text_;
  Opaque<32> hash_{};
  bool whole_hash_ = false;
  std::optional<Guid> id_;
  std::optional<uint8_t> first_;  // first byte of a prefix
};

std::string describe(const Module& module) {
  return fmt::format("{} (id {})", to_hex(module.hash), to_string(module.id));
}

tl::unexpected<Error> ambiguous(std::string_view reference, uint64_t count,
                                const std::vector<Module>& candidates) {
  std::string list;
  for (const Module& module : candidates)
    list += fmt::format("{}{}", list.empty() ? "" : ", ", describe(module));
  if (count > candidates.size()) list += fmt::format(" and {} more", count - candidates.size());
  return fail(ErrorCode::kUsage,
              fmt::format("prefix '{}' matches {} modules", escape(reference), count), list);
}

}  // namespace

Result<Module> resolve_module(const PackedWalk& walk, std::string_view text) {
  const Reference reference(text);
  std::vector<Module> candidates;
  uint64_t count = 0;
  Result<void> decoded;
  const auto compare = [&](const PackedRecord& record) {
    if (!reference.means(record.bytes)) return true;
    ++count;
    if (candidates.size() == kMaxCandidates) return true;
    Result<Decoded<ModuleEntry>> entry = decode_module_entry(record.bytes);
    if (entry) candidates.push_back(public_module(entry->entry));
    if (!entry) decoded = propagate(entry);
    return entry.has_value();
  };
  if (reference.can_match()) VDE_TRY(walk(compare));
  VDE_TRY(std::move(decoded));
  if (count > 1) return ambiguous(text, count, candidates);
  if (count == 1) return candidates.front();
  return fail(ErrorCode::kNotFound, fmt::format("there is no module '{}'", escape(text)),
              "use a hash, an id, or a unique prefix of at least 4 digits");
}

}  // namespace vde
