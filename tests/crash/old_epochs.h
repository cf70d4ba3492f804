// What an epoch that is over must not do to the image of later ones. A crash alone does not bring
// it back: it takes damage or another program's writes after a clean end, which the explorer's
// states have not.
#pragma once

#include <string>

namespace vde::test {

// Empty if all is well, else what went wrong; for mutations.cpp.

// The mark in the last block outlived its records: must not make another program's new journal
// header look like one written over waiting commits.
[[nodiscard]] std::string look_at_outlived_mark();

// The header is damaged: must not bring back the records of a journal that was emptied.
[[nodiscard]] std::string look_at_emptied_journal();

}  // namespace vde::test
