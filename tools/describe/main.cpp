// Prints what is generated from the tables of the library: descriptions of the format for other
// programs, and the list of findings.
#include <fmt/format.h>

#include <cstdio>
#include <string_view>

#include "findings.h"
#include "imhex.h"
#include "kaitai.h"

int main(int argc, char** argv) {
  const std::string_view kind = argc == 2 ? argv[1] : "";
  const vde::descriptions::Description description = vde::descriptions::describe_format();
  if (kind == "kaitai") {
    fmt::print("{}", vde::descriptions::write_kaitai(description));
  } else if (kind == "imhex") {
    fmt::print("{}", vde::descriptions::write_imhex(description));
  } else if (kind == "findings") {
    fmt::print("{}", vde::descriptions::write_findings());
  } else {
    fmt::print(stderr, "usage: describe kaitai|imhex|findings\n");
    return 16;
  }
  return std::ferror(stdout) != 0 || std::fflush(stdout) != 0 ? 8 : 0;
}
