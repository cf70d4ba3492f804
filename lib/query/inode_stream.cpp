#include "query/inode_stream.h"

namespace vde {
namespace {

class NoInodes : public InodeStream {
 private:
  [[nodiscard]] Result<void> fill(int64_t /*least*/, std::vector<int64_t>& /*batch*/) override {
    return {};
  }
};

class VectorInodes : public InodeStream {
 public:
  explicit VectorInodes(std::shared_ptr<const std::vector<int64_t>> sorted)
      : sorted_(std::move(sorted)) {}

 private:
  [[nodiscard]] Result<void> fill(int64_t least, std::vector<int64_t>& batch) override {
    const auto begin = std::lower_bound(sorted_->begin() + next_, sorted_->end(), least);
    const auto end = begin + std::min<ptrdiff_t>(kInodeBatch, sorted_->end() - begin);
    batch.assign(begin, end);
    next_ = end - sorted_->begin();
    return {};
  }

  std::shared_ptr<const std::vector<int64_t>> sorted_;
  ptrdiff_t next_ = 0;
};

class Intersection : public InodeStream {
 public:
  explicit Intersection(std::vector<InodeStreamPtr> sets) : sets_(std::move(sets)) {}

 private:
  [[nodiscard]] Result<void> fill(int64_t least, std::vector<int64_t>& batch) override {
    if (!started_)
      for (const InodeStreamPtr& set : sets_) VDE_TRY(set->start());
    started_ = true;
    InodeStream& first = *sets_.front();
    VDE_TRY(first.move_to(least));
    while (first.has_inode() && batch.size() < kInodeBatch) {
      VDE_TRY_ASSIGN(candidate, candidate_from(first.inode()));
      if (!candidate) return {};
      if (*candidate == first.inode()) {
        batch.push_back(*candidate);
        VDE_TRY(first.step());
      } else {
        VDE_TRY(first.move_to(*candidate));
      }
    }
    return {};
  }

  // Moves the other sets to `inode`, and returns it if all have it; else the next one that may be
  // in all sets, or nothing if there is none.
  [[nodiscard]] Result<std::optional<int64_t>> candidate_from(int64_t inode) {
    for (size_t i = 1; i < sets_.size(); ++i) {
      VDE_TRY(sets_[i]->move_to(inode));
      if (!sets_[i]->has_inode()) return std::optional<int64_t>();
      if (sets_[i]->inode() != inode) return std::optional(sets_[i]->inode());
    }
    return std::optional(inode);
  }

  std::vector<InodeStreamPtr> sets_;
  bool started_ = false;
};

class Union : public InodeStream {
 public:
  explicit Union(std::vector<InodeStreamPtr> sets) : sets_(std::move(sets)) {}

 private:
  [[nodiscard]] Result<void> fill(int64_t least, std::vector<int64_t>& batch) override {
    if (!started_) VDE_TRY(start_all());
    while (!heap_.empty() && heap_.front()->inode() < least)
      VDE_TRY(change_first([&](InodeStream& set) { return set.move_to(least); }));
    while (!heap_.empty() && batch.size() < kInodeBatch) {
      const int64_t inode = heap_.front()->inode();
      batch.push_back(inode);
      while (!heap_.empty() && heap_.front()->inode() == inode)
        VDE_TRY(change_first([](InodeStream& set) { return set.step(); }));
    }
    return {};
  }

  [[nodiscard]] Result<void> start_all() {
    started_ = true;
    for (const InodeStreamPtr& set : sets_) {
      VDE_TRY(set->start());
      if (set->has_inode()) heap_.push_back(set.get());
    }
    std::make_heap(heap_.begin(), heap_.end(), is_after);
    return {};
  }

  // Moves the set with the least inode by `change`, and puts it where it belongs.
  template <class Change>
  [[nodiscard]] Result<void> change_first(const Change& change) {
    std::pop_heap(heap_.begin(), heap_.end(), is_after);
    VDE_TRY(change(*heap_.back()));
    if (heap_.back()->has_inode())
      std::push_heap(heap_.begin(), heap_.end(), is_after);
    else
      heap_.pop_back();
    return {};
  }

  static bool is_after(const InodeStream* a, const InodeStream* b) {
    return a->inode() > b->inode();
  }

  std::vector<InodeStreamPtr> sets_;
  std::vector<InodeStream*> heap_;  // those with an inode, the least first
  bool started_ = false;
};

class Difference : public InodeStream {
 public:
  Difference(InodeStreamPtr set, InodeStreamPtr other)
      : set_(std::move(set)), other_(std::move(other)) {}

 private:
  [[nodiscard]] Result<void> fill(int64_t least, std::vector<int64_t>& batch) override {
    if (!started_) {
      VDE_TRY(set_->start());
      VDE_TRY(other_->start());
      started_ = true;
    }
    VDE_TRY(set_->move_to(least));
    while (set_->has_inode() && batch.size() < kInodeBatch) {
      const int64_t inode = set_->inode();
      VDE_TRY(other_->move_to(inode));
      if (!other_->has_inode() || other_->inode() != inode) batch.push_back(inode);
      VDE_TRY(set_->step());
    }
    return {};
  }

  InodeStreamPtr set_;
  InodeStreamPtr other_;
  bool started_ = false;
};

}  // namespace

InodeStreamPtr no_inodes() {
  return std::make_unique<NoInodes>();
}

InodeStreamPtr inodes_of(std::shared_ptr<const std::vector<int64_t>> sorted) {
  return std::make_unique<VectorInodes>(std::move(sorted));
}

InodeStreamPtr intersection_of(std::vector<InodeStreamPtr> sets) {
  if (sets.size() == 1) return std::move(sets.front());
  return std::make_unique<Intersection>(std::move(sets));
}

InodeStreamPtr union_of(std::vector<InodeStreamPtr> sets) {
  if (sets.size() == 1) return std::move(sets.front());
  return std::make_unique<Union>(std::move(sets));
}

InodeStreamPtr difference_of(InodeStreamPtr set, InodeStreamPtr other) {
  return std::make_unique<Difference>(std::move(set), std::move(other));
}

}  // namespace vde
