// The module commands as a shell runs them, with real modules if wat2wasm is installed.
#include <doctest/doctest.h>

#include <fstream>

#include "support/edit_image.h"
#include "support/image_builder.h"
#include "support/run_tool.h"
#include "support/temporary_folder.h"
#include "support/wasm_bytes.h"

using namespace vde::test;
using nlohmann::json;

namespace {

// An image, and files beside it.
struct ModuleCase {
  ModuleCase() {
    const ToolResult made = run_tool({"format", image, "--size", "64M"});
    REQUIRE(made.status == 0);
  }

  std::string file(const std::string& name, const std::vector<uint8_t>& bytes) const {
    write_file(folder / name, bytes);
    return folder / name;
  }

  ToolResult run(std::vector<std::string> words) const {
    const size_t verb = words[0] == "module" ? 2 : 1;
    words.insert(words.begin() + static_cast<ptrdiff_t>(verb), image);
    return run_tool(words);
  }

  // Registers, and returns the hash that was printed.
  std::string add(const std::string& path, std::vector<std::string> options = {}) const {
    options.insert(options.begin(), {"module-register", path});
    const ToolResult result = run(options);
    INFO(describe(result));
    REQUIRE(result.status == 0);
    CHECK(result.out == file_sha256(path) + "\n");
    return result.out.substr(0, 64);
  }

  TemporaryFolder folder;
  std::string image = folder / "image";
};

// Assembles text into `path`.
std::vector<uint8_t> assembled(const ModuleCase& test, const std::string& name,
                               const std::string& text) {
  const std::string source = test.folder / (name + ".wat");
  const std::string target = test.folder / (name + ".wasm");
  write_file(source, text);
  const std::string command = "wat2wasm --enable-all '" + source + "' -o '" + target + "'";
  REQUIRE(std::system(command.c_str()) == 0);
  return read_file(target);
}

}  // namespace

TEST_CASE("a module is stored, found by hash, prefix and id, extracted and removed") {
  const ModuleCase test;
  const std::string path = test.file("a.wasm", wasm_of_size(100'000, 1));
  const std::string id = "00112233-4455-6677-8899-aabbccddeeff";
  const std::string hash = test.add(path, {"--id", id, "--abi", "preview1"});

  const json listed = test.run({"module", "list", "--json"}).json();
  CHECK(listed.at("hash") == hash);
  CHECK(listed.at("id") == id);
  CHECK(listed.at("block_count") == 25);
  CHECK(listed.at("size") == 100'000);
  CHECK(listed.at("abi") == 0);
  CHECK(listed.at("abi_name") == "preview1");
  CHECK(listed.at("entry_point") == "_start");
  CHECK(listed.at("registered_ticks").is_number());
  CHECK(listed.at("first_block").is_number());
  for (const std::string& reference : {hash, hash.substr(0, 4), id, id.substr(0, 9)}) {
    const json shown = test.run({"module", "show", reference, "--json"}).json();
    CHECK(shown.at("hash") == hash);
    CHECK(shown.at("layer") == "core");
    CHECK(shown.at("exports") == 1);
    CHECK(shown.at("entry_exported") == true);
  }
  const std::string copy = test.folder / "copy";
  CHECK(test.run({"module", "extract", hash, copy}).status == 0);
  CHECK(file_sha256(copy) == hash);
  CHECK(test.run({"module", "extract", hash, copy}).status == 8);
  const ToolResult piped = test.run({"module", "extract", hash});
  CHECK(std::vector<uint8_t>(piped.out.begin(), piped.out.end()) == read_file(path));
  CHECK(test.run({"module", "verify"}).status == 0);
  CHECK(run_tool({"verify", test.image}).status == 0);

  CHECK(test.run({"module", "remove", hash}).status == 0);
  CHECK(test.run({"module", "list"}).out.empty());
  CHECK(test.run({"module", "show", hash}).status == 1);
  CHECK(run_tool({"verify", test.image, "--fail-on", "warning"}).status == 0);
}

TEST_CASE(
    "no module is listed, shown or handed out of a table whose first block is lost: status 4") {
  const ModuleCase test;
  const std::string hash = test.add(test.file("a.wasm", wasm_of_size(5000, 1)));
  ImageBuilder damaged(read_file(test.image), 4096);
  write_file(test.image, damaged.wipe(damaged.start("CODE")).bytes());
  const auto refused = [&](const std::vector<std::string>& words) {
    const ToolResult result = test.run(words);
    INFO(describe(result));
    CHECK(result.status == 4);
    CHECK(result.tells_one_error());
    CHECK(result.err.find("never written") != std::string::npos);
    CHECK(result.out.empty());
  };
  refused({"module", "list"});
  refused({"module", "show", hash});
  refused({"module", "extract", hash, test.folder / "copy"});
  refused({"module", "verify"});
  refused({"module", "verify", hash});
  CHECK(run_tool({"verify", test.image}).status == 4);
}

TEST_CASE("rejected modules have their status and one line, and change nothing") {
  const ModuleCase test;
  const std::string good = test.file("good.wasm", wasm_of_size(5000, 1));
  const std::string text = test.file("text", {'t', 'e', 'x', 't'});
  const std::string before = file_sha256(test.image);
  const auto refused = [&](int status, const std::vector<std::string>& words) {
    const ToolResult result = test.run(words);
    INFO(describe(result));
    CHECK(result.status == status);
    CHECK(result.tells_one_error());
    CHECK(file_sha256(test.image) == before);
  };
  refused(8, {"module-register", text});
  refused(8, {"module-register", test.folder / "missing"});
  refused(8, {"module-register", test.folder.path()});
  refused(8, {"module-register", good, "--entry", "run"});
  refused(8, {"module-register", text, "--force"});
  refused(16, {"module-register", good, "--abi", "preview9"});
  refused(16, {"module-register", good, "--id", "no id"});
  refused(16, {"module-register", good, "--entry", std::string(129, 'e')});
  refused(16, {"module-register"});
  refused(1, {"module", "show", "abcdef"});
  refused(1, {"module", "remove", "abcdef"});
  refused(1, {"module", "verify", "abcdef"});
  CHECK(run_tool({"module"}).status == 16);
  CHECK(run_tool({"module", "lst", test.image}).status == 16);
}

TEST_CASE("a module comes in through standard input too, regular file or pipe") {
  const ModuleCase test;
  const std::string path = test.file("a.wasm", wasm_of_size(50'000, 1));
  ToolCommand command{{"module-register", test.image, "-"}};
  command.input = path;
  CHECK(run_tool(command).out == file_sha256(path) + "\n");
  const std::string other = test.file("b.wasm", wasm_of_size(60'000, 2));
  const std::string pipe = test.folder / "pipe";
  REQUIRE(std::system(
              ("mkfifo '" + pipe + "' && (cat '" + other + "' > '" + pipe + "' &)").c_str()) == 0);
  CHECK(test.run({"module-register", pipe}).out == file_sha256(other) + "\n");
}

TEST_CASE("damage is found by module verify, by extract and by verify") {
  const ModuleCase test;
  const std::string hash = test.add(test.file("a.wasm", wasm_of_size(50'000, 1)));
  test.add(test.file("b.wasm", wasm_of_size(50'000, 2)));
  const json module = test.run({"module", "show", hash, "--json"}).json();
  EditedImage image(read_file(test.image), 4096);
  const uint64_t block = module.at("first_block").get<uint64_t>() + 3;
  image.put<uint8_t>(block, 7, 1);
  image.put<uint8_t>(block, 8, 2);
  image.rehash(block);
  write_file(test.image, image.bytes());

  const ToolResult verify = test.run({"module", "verify", "--json"});
  CHECK(verify.status == 4);
  REQUIRE(verify.json_lines().size() == 2);
  for (const json& line : verify.json_lines())
    CHECK(line.at("state") == (line.at("hash") == hash ? "damaged" : "good"));
  const std::string target = test.folder / "out";
  CHECK(test.run({"module", "extract", hash, target}).status == 4);
  CHECK_FALSE(std::filesystem::exists(target));
  const ToolResult whole = run_tool({"verify", "--json", test.image});
  CHECK(whole.status == 4);
  CHECK(whole.json_lines()[0].at("code") == "CODE-010");
}

TEST_CASE("the same commands make the same bytes") {
  const TemporaryFolder folder;
  write_file(folder / "a.wasm", wasm_of_size(5000, 1));
  std::vector<std::string> hashes;
  for (const char* name : {"one", "two"}) {
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"format", folder / name, "--size", "2M", "--uuid",
                                   "00112233-4455-6677-8899-aabbccddeeff"},
          std::vector<std::string>{"module-register", folder / name, folder / "a.wasm"}}) {
      ToolCommand command{words};
      command.environment = {{"SOURCE_DATE_EPOCH", "1700000000"}};
      REQUIRE(run_tool(command).status == 0);
    }
    hashes.push_back(file_sha256(folder / name));
  }
  CHECK(hashes[0] == hashes[1]);
}

TEST_CASE("real modules are recognized, validated and extracted") {
  if (std::system("command -v wat2wasm > /dev/null") != 0) return;
  const ModuleCase test;
  assembled(test, "wasi",
            "(module (import \"wasi_snapshot_preview1\" \"proc_exit\" (func $exit (param i32)))"
            " (memory (export \"memory\") 1)"
            " (func (export \"_start\") i32.const 0 call $exit))");
  // Some thousand functions that differ, several MiB in all.
  std::string large = "(module (func (export \"run\") (result i64) i64.const 1)\n";
  for (int i = 0; i < 2000; ++i) {
    large += "(func (param i64) (result i64) local.get 0";
    for (int j = 0; j < 250; ++j)
      large += " i64.const " + std::to_string(i * 7919 + j) + " i64.add i64.const 3 i64.xor";
    large += ")\n";
  }
  const size_t size = assembled(test, "large", large + ")").size();
  CHECK(size > 2u << 20);
  const std::string wasi = test.add(test.folder / "wasi.wasm");
  const std::string run = test.add(test.folder / "large.wasm", {"--entry", "run"});
  const json first = test.run({"module", "show", wasi, "--json"}).json();
  CHECK(first.at("abi_name") == "preview1");
  CHECK(first.at("imports") == 1);
  CHECK(first.at("exports") == 2);
  const json second = test.run({"module", "show", run, "--json"}).json();
  CHECK(second.at("abi_name") == "stable");
  CHECK(second.at("entry_point") == "run");
  for (const json& shown : {first, second}) {
    const std::string verdict = shown.at("validation");
    CHECK((verdict == "valid" || verdict == "not done"));
  }
  CHECK(test.run({"module", "extract", run, test.folder / "back"}).status == 0);
  CHECK(file_sha256(test.folder / "back") == run);
}
