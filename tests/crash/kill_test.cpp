// crash_kill [--long] [--kills N] [--seed N]: kills real processes with kill -9 at random moments,
// working on a real file: a worker that commits continuously, and vdetool changing label and size.
// After each kill the image must open, be in the last acknowledged state or the next, and verify
// clean. Prints what it did. If something is wrong, exits with 1 and keeps the image.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <csignal>
#include <random>
#include <stdexcept>
#include <thread>

#include "crash/kill_state.h"
#include "io/zeros.h"
#include "support/must.h"
#include "support/one_change.h"
#include "support/random.h"
#include "support/run_tool.h"
#include "support/temporary_folder.h"
#include "support/verify_list.h"

using namespace vde;
using namespace vde::test;

namespace {

using Microseconds = std::chrono::microseconds;

struct Violation : std::runtime_error {
  using std::runtime_error::runtime_error;
};

std::unique_ptr<BlockFile> open_locked(const std::string& path) {
  auto file = must(open_file(path, OpenMode::kReadWrite));
  // A killed process may still be terminating.
  must(file->lock(LockMode::kExclusive, std::chrono::seconds(20)));
  return file;
}

// Notes are allowed; returns true if one says that the journal was left open.
bool check_clean(BlockFile& file) {
  bool left_open = false;
  const Verified found = verified(file);
  if (found.error) throw Violation("verify: " + found.error->message);
  for (const Finding& finding : found.findings) {
    if (finding.kind->severity != Severity::kNote)
      throw Violation(fmt::format("verify: {}: {}", finding.kind->code, finding.message));
    if (finding.kind->code == "MWAL-004") left_open = true;
  }
  return left_open;
}

struct Counts {
  uint64_t kills = 0;
  uint64_t commits = 0;     // acknowledged by the worker
  uint64_t unanswered = 0;  // kills after which the state was the next, not acknowledged one
  uint64_t too_late = 0;    // vdetool finished before it was killed
  uint64_t left_open = 0;   // kills that left the journal open
};

class KillTest {
 public:
  explicit KillTest(uint64_t seed) : random_(seed) {
    write_file(path_, std::string_view());
    must(make_kill_image(*open_locked(path_)));
    const auto begin = std::chrono::steady_clock::now();
    if (run_tool({"label", path_, label_}).status != 0) throw Violation("label does not work");
    lifetime_ = std::chrono::duration_cast<Microseconds>(std::chrono::steady_clock::now() - begin);
  }

  void kill_worker();
  void kill_label();
  void kill_resize();
  [[nodiscard]] const Counts& counts() const { return counts_; }
  // Where to find the image after a violation.
  [[nodiscard]] std::string keep() const {
    const std::string kept = std::filesystem::temp_directory_path() / "crash_kill-failed.dwvd";
    std::filesystem::copy_file(path_, kept, std::filesystem::copy_options::overwrite_existing);
    return kept;
  }

 private:
  void nap(uint64_t most) { std::this_thread::sleep_for(Microseconds(random_.below(most))); }
  // Runs vdetool and kills it; true if it finished before.
  bool kill_tool(const std::vector<std::string>& arguments);
  // The number in the last complete line of the worker's output.
  uint64_t last_acknowledged(int fd, uint64_t before);

  TemporaryFolder folder_;
  std::string path_ = folder_ / "image.dwvd";
  Random random_;
  Counts counts_;
  uint64_t state_ = 0;  // of the image, by the worker's numbers
  std::string label_ = "0";
  uint64_t size_ = 16384 * 4096;
  uint64_t edits_ = 0;
  Microseconds lifetime_{};  // of one command of vdetool
};

uint64_t KillTest::last_acknowledged(int fd, uint64_t before) {
  std::string text;
  std::array<char, 4096> chunk{};
  for (ssize_t count = 0; (count = read(fd, chunk.data(), chunk.size())) > 0;)
    text.append(chunk.data(), static_cast<size_t>(count));
  uint64_t last = before;
  std::istringstream lines(text);
  for (uint64_t number = 0; lines >> number; last = number) {
    if (number != last + 1) throw Violation(fmt::format("{} was committed after {}", number, last));
    ++counts_.commits;
  }
  return last;
}

void KillTest::kill_worker() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("cannot create a pipe");
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    execl(KILL_WORKER_PATH, "kill_worker", path_.c_str(), nullptr);
    _exit(127);
  }
  close(ends[1]);
  // Long enough for some commits, short enough to also hit the start.
  nap(random_.below(4) == 0 ? 3'000 : 40'000);
  kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  const uint64_t acknowledged = last_acknowledged(ends[0], state_);
  close(ends[0]);
  if (!WIFSIGNALED(status)) throw Violation("the worker failed before it was killed");
  ++counts_.kills;

  const auto file = open_locked(path_);
  if (check_clean(*file)) ++counts_.left_open;
  const auto volume = must(try_open_volume(*file, {}));
  state_ = must(kill_state(*volume));
  if (state_ != acknowledged && state_ != acknowledged + 1)
    throw Violation(fmt::format("state {} after {} was acknowledged", state_, acknowledged));
  counts_.unanswered += state_ - acknowledged;
  check_clean(*file);
}

bool KillTest::kill_tool(const std::vector<std::string>& arguments) {
  StartedTool tool(ToolCommand{.arguments = arguments});
  // At any moment of its life, or shortly after.
  nap(static_cast<uint64_t>(lifetime_.count()) * 5 / 4 + 1);
  tool.send(SIGKILL);
  const ToolResult result = tool.finish();
  ++counts_.kills;
  if (result.signal == 0 && result.status != 0) throw Violation(describe(result));
  if (result.signal == 0) ++counts_.too_late;
  return result.signal == 0;
}

void KillTest::kill_label() {
  const std::string wanted = fmt::format("edit {}", ++edits_);
  const bool done = kill_tool({"label", path_, wanted});
  const auto file = open_locked(path_);
  check_clean(*file);
  const std::string found = must(read_label(*file));
  if (found != wanted && (done || found != label_))
    throw Violation(fmt::format("label '{}' after '{}' and '{}'", found, label_, wanted));
  label_ = found;
}

void KillTest::kill_resize() {
  const uint64_t wanted = (16384 + random_.below(512)) * 4096;
  if (wanted == size_) return;
  const bool done = kill_tool({"resize", path_, "--size", std::to_string(wanted)});
  const auto file = open_locked(path_);
  check_clean(*file);
  const auto volume = must(try_open_volume(*file, {}));
  const auto found = static_cast<uint64_t>(volume->journal().superblock().expected_file_size);
  if (found != wanted && (done || found != size_))
    throw Violation(fmt::format("{} bytes after {} and {}", found, size_, wanted));
  // An interrupted resize leaves zeros after the volume, and nothing else.
  const uint64_t size = must(file->size());
  if (size < found || (done && size != found)) throw Violation("the file has the wrong size");
  if (must(first_not_zero(*file, {found, size}))) throw Violation("the rest is not zero");
  check_clean(*file);
  size_ = found;
}

}  // namespace

int main(int argc, char** argv) {
  uint64_t kills = 200;
  uint64_t seed = std::random_device{}();
  bool long_run = false;
  CLI::App app("Kills processes that change an image, and checks the result");
  app.add_flag("--long", long_run, "5,000 kills of each");
  app.add_option("--kills", kills, "number of kills of the worker, and of vdetool");
  app.add_option("--seed", seed, "random seed");
  CLI11_PARSE(app, argc, argv);
  if (long_run) kills = 5'000;

  KillTest workers(seed);
  KillTest tools(seed + 1);
  try {
    while (workers.counts().kills < kills) {
      workers.kill_worker();
      if (workers.counts().kills % 2 == 0)
        tools.kill_label();
      else
        tools.kill_resize();
    }
  } catch (const std::exception& error) {
    fmt::print(stderr, "crash_kill: seed {}: {}\nthe images: {}\n", seed, error.what(),
               workers.keep());
    return 1;
  }
  fmt::print(
      "{} kills of a worker, {} commits acknowledged, {} more found done, {} journals left open\n"
      "{} kills of vdetool label and resize, {} of them too late; seed {}\n",
      workers.counts().kills, workers.counts().commits, workers.counts().unanswered,
      workers.counts().left_open, tools.counts().kills, tools.counts().too_late, seed);
  return 0;
}
