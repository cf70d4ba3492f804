#include "check/passes/workers.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <vector>

#include "base/thread.h"

namespace vde {
namespace {

// Runs work on several threads; an exception (no memory) reaches the thread that waits for them.
class Workers {
 public:
  explicit Workers(const std::function<void()>& work) : work_(work) {}

  void run(unsigned jobs) {
    std::vector<std::thread> threads;
    threads.reserve(jobs);
    for (unsigned i = 1; i < jobs; ++i) {
      threads.push_back(start_thread([this] { run_one(); }));
      if (threads.back().joinable()) continue;
      threads.pop_back();
      break;
    }
    run_one();
    for (std::thread& thread : threads) thread.join();
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  void run_one() {
    try {
      work_();
    } catch (...) {
      const std::lock_guard lock(mutex_);
      failure_ = std::current_exception();
    }
  }

  const std::function<void()>& work_;
  std::mutex mutex_;
  std::exception_ptr failure_;
};

}  // namespace

unsigned threads_of(const VerifyOptions& options) {
  // Counting the cores opens files, so it is done only if needed.
  return options.jobs != 0 ? options.jobs : std::max(1u, std::thread::hardware_concurrency());
}

void run_on_threads(unsigned threads, const std::function<void()>& work) {
  Workers(work).run(threads);
}

}  // namespace vde
