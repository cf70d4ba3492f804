#include "damage/campaign/seed_workers.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <stdexcept>
#include <vector>

#include "support/effort.h"

namespace vde::test {
namespace {

// A seed that takes longer hangs.
constexpr unsigned kSecondsASeed = 60 * kSlowness;

struct Answer {
  uint64_t seed;
  uint32_t result;
};

// Plays every `step`th seed from `next` on.
struct Worker {
  uint64_t next;
  int answers = -1;
  pid_t process = -1;
};

class Workers {
 public:
  Workers(BlockRange seeds, unsigned jobs, const std::function<uint32_t(uint64_t)>& play)
      : seeds_(seeds), step_(std::max(jobs, 1U)), play_(play) {
    for (unsigned i = 0; i < step_; ++i) workers_.push_back({seeds.begin + i});
  }

  void run(const std::function<void(uint64_t, std::optional<uint32_t>)>& note) {
    for (Worker& worker : workers_) start(worker);
    while (true) {
      std::vector<pollfd> waiting;
      for (const Worker& worker : workers_) waiting.push_back({worker.answers, POLLIN, 0});
      bool any = false;
      for (const Worker& worker : workers_) any |= worker.answers >= 0;
      if (!any) return;
      poll(waiting.data(), waiting.size(), -1);
      for (size_t i = 0; i < workers_.size(); ++i)
        if (waiting[i].fd >= 0 && waiting[i].revents != 0) take(workers_[i], note);
    }
  }

 private:
  void start(Worker& worker) {
    if (worker.next >= seeds_.end) return;
    int ends[2];
    std::fflush(stdout);
    if (pipe(ends) != 0) throw std::runtime_error("no pipe");
    worker.process = fork();
    if (worker.process < 0) throw std::runtime_error("no process");
    if (worker.process == 0) {
      close(ends[0]);
      work(worker.next, ends[1]);
    }
    close(ends[1]);
    worker.answers = ends[0];
  }

  [[noreturn]] void work(uint64_t seed, int answers) {
    for (; seed < seeds_.end; seed += step_) {
      alarm(kSecondsASeed);
      const Answer answer{seed, play_(seed)};
      if (write(answers, &answer, sizeof answer) != sizeof answer) _exit(2);
    }
    _exit(0);
  }

  void take(Worker& worker, const std::function<void(uint64_t, std::optional<uint32_t>)>& note) {
    Answer answer{};
    if (read(worker.answers, &answer, sizeof answer) == sizeof answer) {
      worker.next = answer.seed + step_;
      return note(answer.seed, answer.result);
    }
    close(worker.answers);
    worker.answers = -1;
    waitpid(worker.process, nullptr, 0);
    if (worker.next >= seeds_.end) return;
    note(worker.next, std::nullopt);
    worker.next += step_;
    start(worker);
  }

  BlockRange seeds_;
  unsigned step_;
  const std::function<uint32_t(uint64_t)>& play_;
  std::vector<Worker> workers_;
};

}  // namespace

void run_seeds(BlockRange seeds, unsigned jobs, const std::function<uint32_t(uint64_t)>& play,
               const std::function<void(uint64_t, std::optional<uint32_t>)>& note) {
  Workers(seeds, jobs, play).run(note);
}

}  // namespace vde::test
