#include "verify/baseline.h"

#include <fmt/format.h>

#include <optional>
#include <system_error>
#include <utility>

#include "context.h"
#include "line_reader.h"
#include "verify_text.h"

namespace vde::cli {
namespace {

// Of a line in bytes: a finding may name everything that it affects.
constexpr size_t kLongestBaselineLine = size_t{1} << 20;

// What findings are compared by, and whether the line is about one at all.
struct BaselineLine {
  bool is_finding = false;
  std::string image;  // as image_key() makes it
  std::string key;
};

// Names need not be UTF-8: the member of the JSON object, which has another name then.
std::string image_key(const std::string& image) {
  Json json;
  put_text(json, "image", image);
  return one_line(json);
}

std::string key_of(const std::string& image, std::string_view code, std::string_view region,
                   std::optional<uint64_t> block) {
  return fmt::format("{} {} {} {}", code, region, block ? fmt::format("{}", *block) : "-", image);
}

bool is_text_or_null(const Json& json, const char* name) {
  return json.contains(name) && (json[name].is_string() || json[name].is_null());
}

bool has_text(const Json& json, const char* name) {
  return json.contains(name) && json[name].is_string();
}

// Nothing if `verify --json` does not write such a line.
std::optional<BaselineLine> read_baseline_line(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object() || !has_text(json, "type") || !has_text(json, "command")) return {};
  if (json["command"] != "verify" || !json.contains("schema_version")) return {};
  if (json["schema_version"] != kSchemaVersion) return {};
  // Summaries, totals and the steps of repairs accept nothing.
  if (json["type"] != "finding") return BaselineLine{};
  const char* const name = json.contains("image") ? "image" : "image_base64";
  if (!has_text(json, name) || !has_text(json, "code") || !is_text_or_null(json, "region"))
    return {};
  if (!json.contains("block") || !(json["block"].is_null() || json["block"].is_number_unsigned()))
    return {};
  std::optional<uint64_t> block;
  if (!json["block"].is_null()) block = json["block"].get<uint64_t>();
  const Json& region = json["region"];
  const std::string image = one_line(Json{{name, json[name]}});
  return BaselineLine{true, image,
                      key_of(image, json["code"].get<std::string>(),
                             region.is_null() ? "" : region.get<std::string>(), block)};
}

// A pipe with nobody at its other end would wait for ever.
Result<void> refuse_pipe(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::is_fifo(path, ignored)) return {};
  return fail(ErrorCode::kUsage, "a baseline cannot be a pipe", "name a file");
}

// Another file, e.g. an image, is not to be lost by a wrong name.
Result<void> check_replaced_file(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return {};
  VDE_TRY_ASSIGN(lines, LineReader::open(path, kLongestBaselineLine));
  Activity activity;
  std::string_view line;
  const auto more = lines.next(line, activity);
  if (more && (!*more || read_baseline_line(line))) return {};
  return fail(ErrorCode::kExists, "the file is not empty and not a baseline",
              "give another file to --write-baseline");
}

}  // namespace

Result<void> Baseline::read(const std::string& path, const std::vector<std::string>& images,
                            Activity& activity) {
  std::set<std::string> wanted;
  for (const std::string& image : images) wanted.insert(image_key(image));
  VDE_TRY(refuse_pipe(path));
  VDE_TRY_ASSIGN(lines, LineReader::open(path, kLongestBaselineLine));
  const auto in_line = [](uint64_t number, Error error) {
    if (error.code == ErrorCode::kMalformed)
      error = {ErrorCode::kMalformed,
               fmt::format("line {}: not a line of 'verify --json'", number),
               "make a baseline with 'vdetool verify IMAGE --write-baseline FILE'",
               {}};
    return tl::make_unexpected(std::move(error));
  };
  for (;;) {
    std::string_view text;
    const auto more = lines.next(text, activity);
    // A line that is too long is not counted.
    if (!more) return in_line(lines.number() + 1, more.error());
    if (!*more) return {};
    auto line = read_baseline_line(text);
    if (!line) return in_line(lines.number(), {ErrorCode::kMalformed, {}, {}, {}});
    if (line->is_finding && wanted.contains(line->image)) keys_.insert(std::move(line->key));
  }
}

bool Baseline::accepts(const std::string& image, const Finding& finding) const {
  return !keys_.empty() && keys_.contains(key_of(image_key(image), finding.kind->code,
                                                 finding.region, finding.block));
}

Result<NewBaseline> NewBaseline::create(const std::string& path,
                                        const std::vector<std::string>& images,
                                        Output& standard_output) {
  if (names_standard_output(path)) VDE_TRY(refuse_standard_output("-", "baseline"));
  for (const std::string& image : images) VDE_TRY(refuse_image(image, path, "baseline"));
  VDE_TRY(refuse_pipe(path));
  VDE_TRY(check_replaced_file(path));
  VDE_TRY_ASSIGN(file, OutputFile::open(path, images.front(), true, standard_output));
  return NewBaseline(std::move(file));
}

Result<void> NewBaseline::add(const std::string& image, const Finding& finding) {
  return file_->output().write(one_line(finding_json(image, finding)) + "\n");
}

}  // namespace vde::cli
