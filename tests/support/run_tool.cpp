#include "support/run_tool.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <thread>

#ifdef VDE_SANITIZED
// A fork copies the page tables of all that the test has in memory. What its own mistakes would
// need is little: the code under test runs in other programs.
extern "C" const char* __asan_default_options();  // NOLINT(readability-identifier-naming)
extern "C" const char* __asan_default_options() {
  return "quarantine_size_mb=4";
}
#endif

namespace vde::test {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kHangs{60'000 * kSlowness};
constexpr milliseconds kTick{2};
// The status of a shell that cannot start a program.
constexpr int kCannotStart = 127;

// A descriptor of the program, opened before privileges are dropped: ordinary users may have no
// access to the folders above it.
int program() {
  static const int fd = open(VDETOOL_PATH, O_PATH | O_CLOEXEC);
  if (fd < 0) throw std::runtime_error("cannot open " VDETOOL_PATH);
  return fd;
}

std::array<int, 2> make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("cannot create a pipe");
  return ends;
}

std::vector<std::string> environment_of(const ToolCommand& command) {
  std::vector<std::string> entries;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    if (!text.starts_with("NO_COLOR=") && !text.starts_with("SOURCE_DATE_EPOCH="))
      entries.emplace_back(text);
  }
  for (const auto& [name, value] : command.environment) entries.push_back(name + "=" + value);
  return entries;
}

std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Makes the file at `path` descriptor `fd`; closes `fd` if there is no path.
void redirect(int fd, const std::string& path, int flags) {
  close(fd);
  if (path.empty()) return;
  const int opened = open(path.c_str(), flags | O_CLOEXEC, 0666);
  if (opened < 0) _exit(kCannotStart);
  if (opened != fd)
    dup2(opened, fd);
  else
    fcntl(fd, F_SETFD, 0);
}

[[noreturn]] void become_tool(const ToolCommand& command, int out, int err) {
  std::vector<std::string> arguments = command.arguments;
  arguments.insert(arguments.begin(), "vdetool");
  std::vector<std::string> environment = environment_of(command);
  dup2(err, STDERR_FILENO);
  dup2(out, STDOUT_FILENO);
  if (!command.output.empty() || command.close_output)
    redirect(STDOUT_FILENO, command.output, O_WRONLY | O_CREAT | O_TRUNC);
  if (command.in_child) command.in_child();
  redirect(STDIN_FILENO, command.input, O_RDONLY);
  fexecve(program(), pointers_to(arguments).data(), pointers_to(environment).data());
  _exit(kCannotStart);
}

// Appends available output; false at the end.
bool read_some(int fd, std::string& text) {
  std::array<char, 65536> chunk{};
  const ssize_t count = read(fd, chunk.data(), chunk.size());
  if (count > 0) text.append(chunk.data(), static_cast<size_t>(count));
  return count > 0;
}

void close_end(int& fd) {
  if (fd >= 0) close(fd);
  fd = -1;
}

milliseconds to_milliseconds(const timeval& time) {
  return milliseconds(time.tv_sec * 1000 + time.tv_usec / 1000);
}

}  // namespace

std::vector<nlohmann::json> ToolResult::json_lines() const {
  std::vector<nlohmann::json> lines;
  std::istringstream text(out);
  for (std::string line; std::getline(text, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

bool ToolResult::tells_one_error() const {
  return err.starts_with("vdetool: ") && err.find('\n') == err.size() - 1;
}

std::string describe(const ToolResult& result) {
  constexpr size_t kEnough = 2000;
  return fmt::format("{}\nstatus {}, signal {}, {} ms\nstdout: {}\nstderr: {}", result.command,
                     result.status, result.signal, result.processor_time.count(),
                     result.out.substr(0, kEnough), result.err.substr(0, kEnough));
}

StartedTool::StartedTool(const ToolCommand& command) {
  result_.command = "vdetool";
  for (const std::string& word : command.arguments) result_.command += " " + word;
  static_cast<void>(program());
  const std::array<int, 2> out = make_pipe();
  const std::array<int, 2> err = make_pipe();
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("cannot fork");
  if (pid_ == 0) become_tool(command, out[1], err[1]);
  close(out[1]);
  close(err[1]);
  out_ = out[0];
  err_ = err[0];
}

StartedTool::~StartedTool() {
  close_end(out_);
  close_end(err_);
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void StartedTool::send(int signal) const {
  kill(pid_, signal);
}

bool StartedTool::has_ended() const {
  siginfo_t info{};
  return waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
         info.si_pid == pid_;
}

bool StartedTool::wait_until_open(const std::string& path) const {
  const std::string folder = fmt::format("/proc/{}/fd", pid_);
  const std::string executable = fmt::format("/proc/{}/exe", pid_);
  const auto test_program = std::filesystem::read_symlink("/proc/self/exe");
  while (!has_ended()) {
    std::error_code failed;
    // Until it executes the tool, the child has the files of the test open.
    if (std::filesystem::read_symlink(executable, failed) == test_program) continue;
    for (const auto& entry : std::filesystem::directory_iterator(folder, failed))
      if (std::filesystem::read_symlink(entry, failed) == path) return true;
    std::this_thread::sleep_for(kTick);
  }
  return false;
}

bool StartedTool::wait_until_output_full() const {
  const int capacity = fcntl(out_, F_GETPIPE_SZ);
  int waiting = 0;
  while (!has_ended()) {
    if (ioctl(out_, FIONREAD, &waiting) == 0 && waiting >= capacity) return true;
    std::this_thread::sleep_for(kTick);
  }
  return false;
}

void StartedTool::stop_reading() {
  close_end(out_);
}

ToolResult StartedTool::finish() {
  const auto deadline = Clock::now() + kHangs;
  while (out_ >= 0 || err_ >= 0) {
    std::array<pollfd, 2> ends{pollfd{out_, POLLIN, 0}, pollfd{err_, POLLIN, 0}};
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - Clock::now());
    if (left.count() <= 0 || poll(ends.data(), ends.size(), static_cast<int>(left.count())) == 0) {
      kill(pid_, SIGKILL);
      break;
    }
    if (ends[0].revents != 0 && !read_some(out_, result_.out)) close_end(out_);
    if (ends[1].revents != 0 && !read_some(err_, result_.err)) close_end(err_);
  }
  rusage usage{};
  int ended = 0;
  wait4(pid_, &ended, 0, &usage);
  pid_ = -1;
  result_.processor_time = to_milliseconds(usage.ru_utime) + to_milliseconds(usage.ru_stime);
  if (WIFEXITED(ended)) result_.status = WEXITSTATUS(ended);
  if (WIFSIGNALED(ended)) result_.signal = WTERMSIG(ended);
  return result_;
}

ToolResult run_tool(const ToolCommand& command) {
  return StartedTool(command).finish();
}

ToolResult run_tool(const std::vector<std::string>& arguments) {
  return run_tool(ToolCommand{.arguments = arguments});
}

void drop_privileges() {
  if (geteuid() != 0) return;
  constexpr unsigned kNobody = 65534;
  if (setgroups(0, nullptr) != 0 || setgid(kNobody) != 0 || setuid(kNobody) != 0)
    _exit(kCannotStart);
}

}  // namespace vde::test
