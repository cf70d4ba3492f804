// Effects of an old epoch on later states. A crash alone cannot cause them: it takes damage or
// another program's writes after a clean end, which the explorer's states do not include.
#pragma once

#include <string>

namespace vde::test {

// Empty if nothing is wrong, else the problem; for mutations.cpp.

// The mark in the last block outlived its records: another program's new journal header must not
// look like one written over live commits.
[[nodiscard]] std::string check_outlived_mark();

// The header is damaged: the records of an emptied journal must not be applied.
[[nodiscard]] std::string check_emptied_journal();

}  // namespace vde::test
