// Registering one or several modules, as a shell does it.
#include <doctest/doctest.h>
#include <sys/resource.h>

#include "support/edit_image.h"
#include "support/run_tool.h"
#include "support/temporary_folder.h"
#include "support/wasm_bytes.h"

using namespace vde::test;
using nlohmann::json;

namespace {

struct RegisterCase {
  RegisterCase() { REQUIRE(run_tool({"format", image, "--size", "4M"}).status == 0); }

  [[nodiscard]] std::string file(const std::string& name, const std::string& sections) const {
    const std::string text = std::string(kCorePreamble) + sections;
    return file(name, from_spaced_hex(text));
  }
  [[nodiscard]] std::string file(const std::string& name, const std::vector<uint8_t>& bytes) const {
    write_file(folder / name, bytes);
    return folder / name;
  }

  [[nodiscard]] ToolResult add(std::vector<std::string> words) const {
    words.insert(words.begin(), {"module", "register", image});
    return run_tool(words);
  }

  [[nodiscard]] size_t count() const {
    return run_tool({"module", "list", image, "--json"}).json_lines().size();
  }

  TemporaryFolder folder;
  std::string image = folder / "image";
};

// A library: it exports the functions "add" and "sub".
const std::string kLibrary = wasm_section(1, "01 60 00 00") + wasm_section(3, "01 00") +
                             wasm_section(7, "02 03 61 64 64 00 00 03 73 75 62 00 00") +
                             wasm_section(10, "01 02 00 0b");

}  // namespace

TEST_CASE("several files are stored in one commit, hashes in the order of the arguments") {
  const RegisterCase test;
  std::vector<std::string> files;
  std::string hashes;
  for (uint64_t i = 0; i < 5; ++i) {
    files.push_back(test.file(std::to_string(i), wasm_of_size(3000, i)));
    hashes += file_sha256(files.back()) + "\n";
  }
  const ToolResult stored = test.add({files[2], files[0]});
  INFO(describe(stored));
  CHECK(stored.status == 0);
  CHECK(stored.out == file_sha256(files[2]) + "\n" + file_sha256(files[0]) + "\n");
  // Those that are stored already are listed too.
  const ToolResult all = test.add(files);
  CHECK(all.status == 0);
  CHECK(all.out == hashes);
  CHECK(all.err.empty());
  CHECK(test.count() == 5);
  CHECK(run_tool({"verify", test.image}).status == 0);
  CHECK(run_tool({"module", "verify", test.image}).status == 0);
}

TEST_CASE("one refused file means that none is stored, and is named") {
  const RegisterCase test;
  const std::string good = test.file("good", wasm_of_size(3000, 1));
  const std::string before = file_sha256(test.image);
  const std::string no_code =
      test.file("no-code", wasm_section(1, "01 60 00 00") + wasm_section(3, "01 00"));
  const std::string library = test.file("library", kLibrary);
  for (const std::vector<std::string>& words : {std::vector<std::string>{good, no_code},
                                                {good, no_code, "--force"},
                                                {good, test.folder / "absent"},
                                                {library, "--entry", "run"}}) {
    const ToolResult refused = test.add(words);
    INFO(describe(refused));
    CHECK(refused.status == 8);
    CHECK(refused.tells_one_error());
    const std::string& named = words[1] == "--entry" ? words[0] : words[1];
    CHECK(refused.err.find("vdetool: " + named + ": ") == 0);
    CHECK(refused.out.empty());
    CHECK(file_sha256(test.image) == before);
  }
  ToolResult refused = test.add({good, no_code, "--json"});
  const json error = json::parse(refused.err).at("error");
  CHECK(error.at("file") == no_code);
  CHECK(error.at("image") == test.image);
  CHECK(error.at("code") == "malformed");
}

TEST_CASE("a folder or an absent file after many good ones: none is stored, and it is named") {
  const RegisterCase test;
  std::vector<std::string> files;
  for (uint64_t i = 0; i < 30; ++i)
    files.push_back(test.file(std::to_string(i), wasm_of_size(2000, i)));
  const std::string before = file_sha256(test.image);
  for (const std::string& last : {std::string(test.folder / "."), test.folder / "absent"}) {
    std::vector<std::string> words = files;
    words.push_back(last);
    const ToolResult refused = test.add(words);
    INFO(describe(refused));
    CHECK(refused.status == 8);
    CHECK(refused.tells_one_error());
    CHECK(refused.err.find("vdetool: " + last + ": ") == 0);
    CHECK(refused.out.empty());
    CHECK(file_sha256(test.image) == before);
  }
}

TEST_CASE("a module that is refused after others were written leaves none of them") {
  const RegisterCase test;
  const std::string good = test.file("good", wasm_of_size(200'000, 1));
  const std::string invalid = test.file("invalid", wasm_with_code("00 1a 0b"));
  const ToolResult refused = test.add({good, invalid, "--strict"});
  INFO(describe(refused));
  if (refused.status == 0) return;  // built without a validator
  CHECK(refused.status == 8);
  CHECK(refused.err.find("vdetool: " + invalid + ": ") == 0);
  CHECK(test.count() == 0);
  CHECK(run_tool({"verify", test.image}).status == 0);
  // The same holds if there is no room for a later one.
  const std::string large = test.file("large", wasm_of_size(4'000'000, 2));
  CHECK(test.add({good, large}).status == 8);
  CHECK(test.count() == 0);
  CHECK(run_tool({"verify", test.image, "--fail-on", "warning"}).status == 0);
}

TEST_CASE("one file twice is stored once, and its hash is printed twice") {
  const RegisterCase test;
  const std::string one = test.file("one", wasm_of_size(3000, 1));
  const std::string copy = test.file("copy", wasm_of_size(3000, 1));
  const ToolResult stored = test.add({one, one, copy});
  CHECK(stored.status == 0);
  const std::string hash = file_sha256(one) + "\n";
  CHECK(stored.out == hash + hash + hash);
  CHECK(test.count() == 1);
}

TEST_CASE("a thousand files are stored in one commit") {
  const RegisterCase test;
  const auto sequence = [&] {
    const json info = run_tool({"info", test.image, "--json"}).json();
    return info.at("superblock").at("checkpoint_sequence").get<int64_t>();
  };
  REQUIRE(run_tool({"resize", test.image, "--size", "16M"}).status == 0);
  std::vector<std::string> files;
  for (uint64_t i = 0; i < 1000; ++i)
    files.push_back(test.file(std::to_string(i), wasm_of_size(60 + i % 50, i)));
  const int64_t before = sequence();
  const ToolResult stored = test.add(files);
  INFO(describe(stored));
  CHECK(stored.status == 0);
  CHECK(test.count() == 1000);
  CHECK(sequence() == before + 1);
  CHECK(run_tool({"verify", test.image}).status == 0);
}

TEST_CASE("an entry point that is not exported is refused with the names that are") {
  const RegisterCase test;
  const std::string library = test.file("library", kLibrary);
  const ToolResult refused = test.add({library, "--entry", "run"});
  INFO(describe(refused));
  CHECK(refused.status == 8);
  CHECK(refused.err.find("'add', 'sub'") != std::string::npos);
  CHECK(test.add({library, "--entry", "sub"}).status == 0);
  // It is stored now: its entry point no longer matters.
  CHECK(test.add({library, "--entry", "run"}).status == 1);
}

TEST_CASE("a module without a default entry point is stored with an empty one") {
  const RegisterCase test;
  const ToolResult stored = test.add({test.file("library", kLibrary), "--json"});
  INFO(describe(stored));
  CHECK(stored.status == 0);
  CHECK(stored.err.empty());
  CHECK(stored.json().at("entry_point") == "");
  CHECK(run_tool({"verify", test.image, "--fail-on", "warning"}).status == 0);
  const std::string hash = stored.json().at("hash");
  const ToolResult shown = run_tool({"module", "show", test.image, hash});
  CHECK(shown.status == 0);
  CHECK(shown.out.find("not exported") == std::string::npos);
}

TEST_CASE("JSON has a line per file, with its state") {
  const RegisterCase test;
  const std::string one = test.file("one", wasm_of_size(3000, 1));
  const std::string two = test.file("two", wasm_of_size(3000, 2));
  REQUIRE(test.add({one}).status == 0);
  const ToolResult both = test.add({two, one, two, "--json"});
  INFO(describe(both));
  CHECK(both.status == 0);
  const std::vector<json> lines = both.json_lines();
  REQUIRE(lines.size() == 3);
  for (size_t i = 0; i < 3; ++i) {
    const std::string& file = i == 1 ? one : two;
    CHECK(lines[i].at("file") == file);
    CHECK(lines[i].at("hash") == file_sha256(file));
    CHECK(lines[i].at("id").is_string());
    CHECK(lines[i].at("state") == (i == 0 ? "stored" : "exists"));
  }
  CHECK(test.count() == 2);
}

TEST_CASE("status 1 and the code exists only if nothing was stored") {
  const RegisterCase test;
  const std::string one = test.file("one", wasm_of_size(3000, 1));
  const std::string two = test.file("two", wasm_of_size(3000, 2));
  const std::string id = "00112233-4455-6677-8899-aabbccddeeff";
  REQUIRE(test.add({one, "--id", id}).status == 0);
  const std::string before = file_sha256(test.image);
  const ToolResult again = test.add({one});
  INFO(describe(again));
  CHECK(again.status == 1);
  CHECK(again.out == file_sha256(one) + "\n");
  CHECK(again.tells_one_error());
  CHECK(again.err.find(id) != std::string::npos);
  const json error = json::parse(test.add({one, one, "--json"}).err).at("error");
  CHECK(error.at("code") == "exists");
  CHECK(error.at("status") == 1);
  CHECK(file_sha256(test.image) == before);
  CHECK(test.add({one, two}).status == 0);
  // An id that another module has is an error.
  const ToolResult taken = test.add({test.file("three", wasm_of_size(3000, 3)), "--id", id});
  CHECK(taken.status == 8);
}

TEST_CASE("what can be said of only one module needs exactly one file") {
  const RegisterCase test;
  const std::string one = test.file("one", wasm_of_size(3000, 1));
  const std::string two = test.file("two", wasm_of_size(3000, 2));
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{one, two, "--entry", "_start"},
        {one, two, "--id", "00112233-4455-6677-8899-aabbccddeeff"},
        {one, "-"}}) {
    const ToolResult refused = test.add(words);
    INFO(describe(refused));
    CHECK(refused.status == 16);
    CHECK(refused.tells_one_error());
  }
  CHECK(test.count() == 0);
}

TEST_CASE("the validator's words are a warning, with --strict an error") {
  const RegisterCase test;
  const std::string good = test.file("good", wasm_of_size(3000, 1));
  // It drops a value that does not exist.
  const std::string invalid = test.file("invalid", wasm_with_code("00 1a 0b"));
  CHECK(test.add({good, "--strict"}).status == 0);
  const ToolResult stored = test.add({invalid, "--json"});
  CHECK(stored.status == 0);
  const json facts = stored.json();
  if (facts.at("validation") == "not done") return;
  CHECK(facts.at("validation") == "invalid");
  CHECK(facts.at("validator") == "wabt");
  CHECK(facts.at("validation_note")
            .get<std::string>()
            .find(facts.at("validator_version").get<std::string>()) != std::string::npos);
  const std::string other = test.file("other", wasm_with_code("00 1a 1a 0b"));
  const ToolResult refused = test.add({other, "--strict"});
  CHECK(refused.status == 8);
  CHECK(refused.err.find("vdetool: " + other + ": ") == 0);
  const ToolResult warned = test.add({other});
  CHECK(warned.status == 0);
  CHECK(warned.err.find("vdetool: warning: " + other + ": ") == 0);
}

TEST_CASE("more files than a process may have open by default are stored") {
  const RegisterCase test;
  std::vector<std::string> words{"module", "register", test.image};
  for (uint64_t i = 0; i < 80; ++i)
    words.push_back(test.file(std::to_string(i), wasm_of_size(100, i)));
  ToolCommand command{words};
  command.in_child = [] {
    const rlimit limit{40, 4096};
    setrlimit(RLIMIT_NOFILE, &limit);
  };
  const ToolResult stored = run_tool(command);
  INFO(describe(stored));
  CHECK(stored.status == 0);
  CHECK(test.count() == 80);
}

TEST_CASE("a module is extracted to pipes and to standard output by any name") {
  const RegisterCase test;
  const std::string file = test.file("one", wasm_of_size(100'000, 1));
  const std::string hash = file_sha256(file);
  REQUIRE(test.add({file}).status == 0);
  const std::vector<uint8_t> bytes = read_file(file);
  const std::string text(bytes.begin(), bytes.end());
  for (const char* target : {"/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "-"}) {
    CAPTURE(target);
    CHECK(run_tool({"module", "extract", test.image, hash, target}).out == text);
  }
  // Standard output may be a file.
  ToolCommand redirected{{"module", "extract", test.image, hash, "/dev/stdout"}};
  redirected.output = test.folder / "redirected";
  CHECK(run_tool(redirected).status == 0);
  CHECK(read_file(redirected.output) == bytes);
  const std::string pipe = test.folder / "pipe";
  const std::string copy = test.folder / "copy";
  REQUIRE(std::system(("mkfifo '" + pipe + "'").c_str()) == 0);
  REQUIRE(std::system(("cat '" + pipe + "' > '" + copy + "' &").c_str()) == 0);
  CHECK(run_tool({"module", "extract", test.image, hash, pipe}).status == 0);
  for (int i = 0; i < 100 && read_file(copy).size() < bytes.size(); ++i) std::system("sleep 0.1");
  CHECK(read_file(copy) == bytes);
  CHECK(run_tool({"module", "extract", test.image, hash, file}).status == 8);
}
