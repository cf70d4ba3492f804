#include "verify/in_order.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <system_error>
#include <utility>

namespace vde::cli {
namespace {

constexpr auto kTickTime = std::chrono::milliseconds(50);

// While it lives, signals do not interrupt this thread, nor the threads that it starts: the handler
// stays with the thread that called run().
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

InOrder::InOrder(size_t items, const Limits& limits, Work work)
    : limits_(limits), work_(std::move(work)), items_(items), free_jobs_(limits.jobs) {}

bool InOrder::run(const std::function<bool()>& tick) {
  start_threads();
  if (threads_.empty()) return false;
  try {
    take_steps(tick);
  } catch (...) {
    abandon();
    throw;
  }
  for (std::thread& thread : threads_) thread.join();
  if (failure_) std::rethrow_exception(failure_);
  return true;
}

void InOrder::start_threads() {
  const SignalsBlocked blocked;
  const std::lock_guard lock(mutex_);
  const size_t wanted = std::min<size_t>(limits_.items_at_once, items_.size());
  threads_.reserve(wanted);
  try {
    while (threads_.size() < wanted) threads_.emplace_back([this] { work_on_items(); });
  } catch (const std::system_error&) {
    // Those that there are do all of the work.
  }
  idle_ = static_cast<unsigned>(threads_.size());
}

void InOrder::work_on_items() {
  for (;;) {
    size_t item = 0;
    unsigned jobs = 0;
    {
      const std::lock_guard lock(mutex_);
      if (is_stopped_ || next_ == items_.size()) return;
      jobs = take_jobs();
      item = next_++;
    }
    work_on(item, jobs);
    {
      const std::lock_guard lock(mutex_);
      items_[item].is_done = true;
      free_jobs_ += jobs;
      ++idle_;
    }
    ready_.notify_one();
  }
}

void InOrder::work_on(size_t item, unsigned jobs) {
  try {
    work_(item, jobs, [&](Step step, size_t bytes) { hand_over(item, std::move(step), bytes); });
  } catch (...) {
    const std::lock_guard lock(mutex_);
    failure_ = std::current_exception();
    is_stopped_ = true;
  }
}

// An equal part of the free jobs for each item that can begin now, and what is left over for the
// first of them.
unsigned InOrder::take_jobs() {
  const auto waiting = static_cast<unsigned>(std::min<size_t>(idle_, items_.size() - next_));
  const unsigned share = std::max(1u, (free_jobs_ + waiting - 1) / waiting);
  --idle_;
  free_jobs_ -= std::min(free_jobs_, share);
  return share;
}

void InOrder::hand_over(size_t item, Step step, size_t bytes) {
  std::unique_lock lock(mutex_);
  Item& mine = items_[item];
  room_.wait(
      lock, [&] { return is_abandoned_ || (item == turn_ ? mine.bytes : ahead_) < limits_.bytes; });
  if (is_abandoned_) return;
  mine.steps.push_back(std::move(step));
  mine.bytes += bytes;
  if (item != turn_) ahead_ += bytes;
  lock.unlock();
  ready_.notify_one();
}

void InOrder::take_steps(const std::function<bool()>& tick) {
  for (;;) {
    std::vector<Step> steps;
    {
      std::unique_lock lock(mutex_);
      ready_.wait_for(lock, kTickTime, [&] {
        return has_ended() || !items_[turn_].steps.empty() || items_[turn_].is_done;
      });
      if (has_ended()) return;
      Item& item = items_[turn_];
      steps.swap(item.steps);
      item.bytes = 0;
      if (steps.empty() && item.is_done && ++turn_ < items_.size()) ahead_ -= items_[turn_].bytes;
    }
    room_.notify_all();
    const bool goes_on = tick();
    for (const Step& step : steps) step();
    if (goes_on) continue;
    const std::lock_guard lock(mutex_);
    is_stopped_ = true;
  }
}

// Whether every item that was begun is done and no other will begin.
bool InOrder::has_ended() const {
  return turn_ == items_.size() || (is_stopped_ && turn_ == next_);
}

void InOrder::abandon() {
  {
    const std::lock_guard lock(mutex_);
    is_stopped_ = true;
    is_abandoned_ = true;
  }
  room_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

}  // namespace vde::cli
