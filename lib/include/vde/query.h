// Questions about all tags of an index: the inodes whose tags match an expression, distinct keys,
// and what differs between two indexes.
//
//   VDE_TRY_ASSIGN(expression, vde::TagExpression::parse("photo and not (year=1998 or hidden)"));
//   VDE_TRY(vde::query_tags(reader, expression, {}, activity, [](int64_t inode) { ... }));
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "vde/activity.h"
#include "vde/error.h"
#include "vde/tags.h"

namespace vde {

inline constexpr size_t kMaxQueryLevels = 64;  // of parentheses and `not` around a test

// A boolean expression over the tags of an inode:
//
//   expr  = conj, { ws, "or", ws, conj } ;
//   conj  = unary, { ws, "and", ws, unary } ;
//   unary = "not", ws, unary | "(", [ws], expr, [ws], ")" | test ;
//   test  = "*" | text, ["*"] | text, "=", [value] ;
//   text  = piece, { piece } ;
//   value = (piece | "="), { piece | "=" } ;
//   piece = char | escape | '"', { qchar | escape }, '"' ;
//
// White space is blanks, tabs and line ends. A char is any byte except white space, ( ) " \ = and
// *; a qchar any byte except " and \. An escape is one of unescape(). Parentheses need no white
// space around them. A word that is just and, or, not is a key only with a quote or an escape.
//
// KEY: the inode has this key. KEY=VALUE: with this value. PREFIX*: a key that starts so. *: any
// tag. `not` refers to the inodes with at least one tag.
class TagExpression {
 public:
  // `separator` stands for the byte 0 in keys, as in append_unescaped(). kUsage for a wrong
  // expression; the message names the column: the number of the byte, from 1.
  [[nodiscard]] static Result<TagExpression> parse(std::string_view text, char separator = '\0');
  TagExpression(TagExpression&&) noexcept;
  TagExpression& operator=(TagExpression&&) noexcept;
  ~TagExpression();

  struct State;  // internal
  [[nodiscard]] const State& state() const { return *state_; }

 private:
  explicit TagExpression(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

struct TagQueryOptions {
  // Bytes of memory for inodes that have to be sorted, at least kMinQueryMemory; more go to
  // temporary files. The tags of one key need none, unless another program wrote the index.
  uint64_t memory = 256ull << 20;
  std::string temporary_folder = {};  // for the temporary files; empty = $TMPDIR, else /tmp
};
inline constexpr uint64_t kMinQueryMemory = 16ull << 10;  // bytes

// Called once per inode; return false to stop.
using InodeVisitor = std::function<bool(int64_t inode)>;

// Calls `visit` for each inode that matches, in ascending order, and returns the number of calls.
// kDamaged if a part of the index that the query needs is damaged: the inodes visited so far do
// match. kIo or kNoSpace if a temporary file cannot be written; kInterrupted.
[[nodiscard]] Result<uint64_t> query_tags(TagReader& tags, const TagExpression& expression,
                                          const TagQueryOptions& options, Activity& activity,
                                          const InodeVisitor& visit);

// A key and the number of inodes that have it. The key is valid only during the call.
struct TagKey {
  std::string_view key;
  uint64_t inodes = 0;
};
using TagKeyVisitor = std::function<bool(const TagKey&)>;

// Calls `visit` for each key that starts with `prefix`, in ascending order, and returns the number
// of calls. Errors are those of query_tags().
[[nodiscard]] Result<uint64_t> list_tag_keys(TagReader& tags, std::string_view prefix,
                                             const TagQueryOptions& options, Activity& activity,
                                             const TagKeyVisitor& visit);

// ---- Differences between the tags of two images.

enum class TagChangeKind {
  kAdded,    // only the new tags have this key and inode
  kRemoved,  // only the old tags have them
  kChanged,  // value or block differ
};

// One difference. Views are valid only during the call that passes them.
struct TagChange {
  TagChangeKind kind = TagChangeKind::kAdded;
  TagView before;  // not of kAdded
  TagView after;   // not of kRemoved
};

// Return false to stop.
using TagChangeVisitor = std::function<bool(const TagChange&)>;

struct TagDiffOptions {
  // Bytes of memory for tags that have to be sorted, because another program left equal keys in any
  // order; more go to temporary files.
  uint64_t memory = 256ull << 20;
  std::string temporary_folder = {};  // for the temporary files; empty = $TMPDIR, else /tmp
};

class TagDiff {
 public:
  // Both must outlive this object. They may be of one image, but not one reader.
  TagDiff(TagReader& before, TagReader& after, TagDiffOptions options = {})
      : before_(before), after_(after), options_(std::move(options)) {}

  // Calls `visit` for each difference in the order of keys and inodes, and returns the number of
  // calls. If an index has a key and inode several times, the tags that both have are paired first.
  // kDamaged, kChangedSince; kIo or kNoSpace if a temporary file cannot be written; kInterrupted.
  [[nodiscard]] Result<uint64_t> run(Activity& activity, const TagChangeVisitor& visit);

  // After run() returned an error: it is about the new tags.
  [[nodiscard]] bool failed_in_new() const { return failed_in_new_; }

 private:
  TagReader& before_;
  TagReader& after_;
  TagDiffOptions options_;
  bool failed_in_new_ = false;
};

}  // namespace vde
