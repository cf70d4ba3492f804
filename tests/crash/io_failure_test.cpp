// Every call on the file fails in turn, once or from then on, in every possible way: nothing
// crashes, no failure is reported as success, and the result is the state before or after.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "crash/io_failure_workloads.h"
#include "image/volume.h"
#include "image/write_image.h"
#include "io/memory_file.h"
#include "support/effort.h"
#include "support/files/failing_file.h"
#include "support/image_builder.h"
#include "support/image_state.h"

using namespace vde;
using namespace vde::test;

namespace {

// All ways in which calls fail, except which call.
constexpr auto kWays = std::to_array<Failure>({
    {FileCall::kRead, 0, false, ErrorCode::kIo, false},
    {FileCall::kWrite, 0, false, ErrorCode::kIo, false},
    {FileCall::kWrite, 0, false, ErrorCode::kIo, true},
    {FileCall::kWrite, 0, false, ErrorCode::kNoSpace, true},
    {FileCall::kSync, 0, false, ErrorCode::kIo, false},
    {FileCall::kSync, 0, false, ErrorCode::kIo, true},
    {FileCall::kResize, 0, false, ErrorCode::kNoSpace, false},
    {FileCall::kAllocate, 0, false, ErrorCode::kNoSpace, false},
    {FileCall::kAllocate, 0, false, ErrorCode::kIo, false},
    {FileCall::kZero, 0, false, ErrorCode::kIo, false},
    {FileCall::kZero, 0, false, ErrorCode::kNoSpace, true},
});

std::string describe(const Failure& failure) {
  return fmt::format("{} {} fails{} with {}{}", to_string(failure.call), failure.nth,
                     failure.for_ever ? " for ever" : "", error_code_name(failure.code),
                     failure.takes_effect ? ", taking effect" : "");
}

// The state at the start and after each acknowledged change, if nothing fails.
std::vector<uint64_t> states_of(const Workload& workload) {
  MemoryFile file(workload.start);
  std::vector<uint64_t> states;
  const auto note_state = [&] {
    const auto digest = state_digest(file);
    REQUIRE_MESSAGE(digest.has_value(), digest.error().message);
    states.push_back(*digest);
  };
  note_state();
  const auto result = workload.run(file, note_state);
  REQUIRE_MESSAGE(result.has_value(), result.error().message);
  return states;
}

// The problem with a run and with its result; empty if there is none.
std::string judge(const FailingFile& file, const Failure& failure, const Result<void>& result,
                  size_t acknowledged, const std::vector<uint64_t>& states, MemoryFile& left) {
  if (file.changes_after_failed_sync() > 0) return "the file is changed after a failed sync";
  // A failed read may be unnecessary: a mirror can replace the data.
  if (result && failure.call != FileCall::kRead) return "the failure is taken for success";
  std::span<const uint64_t> allowed(states);
  allowed =
      allowed.subspan(acknowledged, result ? 1 : std::min<size_t>(2, states.size() - acknowledged));
  MemoryFile copy(left.bytes());
  return describe_trouble(copy, allowed);
}

// Runs `workload` with `failure`; false if the failure is not reached any more.
bool try_failure(const Workload& workload, const std::vector<uint64_t>& states,
                 const Failure& failure) {
  MemoryFile memory(workload.start);
  FailingFile file(memory, failure);
  size_t acknowledged = 0;
  const auto result = workload.run(file, [&] { ++acknowledged; });
  if (file.failures() == 0) return false;
  std::string trouble = judge(file, failure, result, acknowledged, states, memory);
  if (trouble.empty() && failure.call != FileCall::kRead) {
    file.lose_unsynced();
    trouble = judge(file, failure, result, acknowledged, states, memory);
    if (!trouble.empty()) trouble = "after a power loss: " + trouble;
  }
  if (!trouble.empty()) FAIL_CHECK(workload.name, ": ", describe(failure), ": ", trouble);
  return true;
}

}  // namespace

TEST_CASE("a call that fails leaves the state before or after, and is reported") {
  const uint64_t step = stretched();
  for (const Workload& workload : make_workloads()) {
    const std::vector<uint64_t> states = states_of(workload);
    for (Failure failure : kWays)
      for (const bool for_ever : {false, true}) {
        failure.for_ever = for_ever;
        failure.nth = 1;
        while (try_failure(workload, states, failure)) failure.nth += step;
      }
  }
}
