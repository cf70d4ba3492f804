// `verify --format html`: the page's content. tests/output renders it.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "support/verify_images.h"

using namespace vde;
using namespace vde::test;

namespace {

size_t count_of(const std::string& text, std::string_view word) {
  size_t count = 0;
  for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

bool has(const std::string& text, std::string_view word) {
  return text.find(word) != std::string::npos;
}

}  // namespace

TEST_CASE("a page has the status of the run, the verdict and the findings by code") {
  const VerifyImages images;
  const ToolResult result = run_tool({"verify", "--format", "html", images.damaged});
  INFO(describe(result));
  CHECK(result.status == 4);
  CHECK(result.err.empty());
  CHECK(result.out.starts_with("<!DOCTYPE html>\n"));
  CHECK(result.out.ends_with("</html>\n"));
  CHECK(has(result.out, "<strong>Damaged</strong>"));
  CHECK(has(result.out, "<code>SUPB-001</code>"));
  CHECK(has(result.out, "<code>BLCK-001</code>"));
  CHECK(has(result.out, "<dt>To do</dt>"));
  CHECK(has(result.out, "<li>mirror group</li>"));
  CHECK(has(result.out, "Exit status 4"));
  CHECK(count_of(result.out, "<table class=\"images\">") == 0);
}

TEST_CASE("several images have a table first, and a section each, in the order of the arguments") {
  const VerifyImages images;
  const ToolResult result = run_tool(
      {"verify", "--format", "html", images.clean, images.text, images.damaged, images.warned});
  INFO(describe(result));
  CHECK(result.status == 12);
  CHECK(count_of(result.out, "<section ") == 4);
  const size_t table = result.out.find("<table class=\"images\">");
  CHECK(table < result.out.find("<section "));
  for (const char* word : {"Clean", "Not checked", "Damaged", "Clean, with warnings"})
    CHECK(has(result.out, fmt::format("<strong>{}</strong>", word)));
  // The image that cannot be opened has its error and no map.
  CHECK(count_of(result.out, "class=\"map\"") == 3);
  CHECK(has(result.out, "not a DWVD image"));
}

TEST_CASE("findings beyond the limit are counted, not listed") {
  const VerifyImages images;
  EditedImage image(vector_image("everything-1"), 4096);
  for (uint64_t block = 1103; block < 1359; ++block) image.block(block)[9] ^= 1;
  write_file(images.damaged, image.bytes());
  const ToolResult page =
      run_tool({"verify", "--format", "html", "--scope", "metadata", images.damaged});
  const ToolResult text = run_tool({"verify", "--scope", "metadata", images.damaged});
  INFO(describe(page));
  const size_t all = count_of(text.out, "error BLCK-001");
  REQUIRE(all > 100);
  CHECK(has(page.out, fmt::format(">{} errors</span>", all)));
  CHECK(has(page.out, fmt::format("and {} more:", all - 50)));
  CHECK(count_of(page.out, "<tr><td class=\"n\">") < 200);
}

TEST_CASE("a stream has no map, and the page says what was not checked") {
  const VerifyImages images;
  const ToolResult result =
      run_tool({.arguments = {"verify", "--format", "html", "-"}, .input = images.clean});
  INFO(describe(result));
  CHECK(result.status == 0);
  CHECK(has(result.out, "the image came from a stream"));
  CHECK(has(result.out, "<ul class=\"names\">"));
}

TEST_CASE("a page cannot be JSON too, and shows no repair") {
  const VerifyImages images;
  CHECK(run_tool({"verify", "--format", "html", "--json", images.clean}).status == 16);
  const ToolResult repair = run_tool({"verify", "--format", "html", "--repair", images.damaged});
  CHECK(repair.status == 16);
  CHECK(has(repair.err, "--repair cannot be combined with --format html"));
}

TEST_CASE("--quiet leaves findings that do not fail out of the lists, not out of the numbers") {
  const VerifyImages images;
  const ToolResult loud = run_tool({"verify", "--format", "html", images.warned});
  const ToolResult quiet = run_tool({"verify", "--format", "html", "--quiet", images.warned});
  CHECK(has(loud.out, "class=\"warning count\""));
  CHECK_FALSE(has(quiet.out, "class=\"warning count\""));
  CHECK(has(quiet.out, "1 warning"));
}
