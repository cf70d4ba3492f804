// --key-file: what is sealed or signed is checked, shown and renewed; keys are never printed.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include "support/evidence_image.h"
#include "support/run_tool.h"
#include "support/strict/strict_evidence.h"
#include "support/temporary_folder.h"
#include "support/vectors.h"
#include "vde/text.h"

using namespace vde;
using namespace vde::test;
using strict::Proof;

namespace {

void write_key(const std::string& path, Bytes bytes) {
  write_file(path, {bytes.begin(), bytes.end()});
  chmod(path.c_str(), 0600);
}

// A copy of sealed-all, with its keys in files.
struct Sealed {
  explicit Sealed(std::vector<uint8_t> bytes = vector_image("sealed-all")) {
    write_file(path, bytes);
    const auto tamper = vector_listing("sealed-all").at("tamper");
    key = from_hex(tamper.at("hmac_key").get<std::string>()).value();
    write_key(seal, key);
    write_key(space, from_hex(tamper.at("namespace_key").get<std::string>()).value());
    write_key(wrong, test_key()->bytes());
  }
  [[nodiscard]] std::vector<uint8_t> bytes() const { return read_file(path); }
  // Runs the command; the key may be nowhere in its output.
  ToolResult run(std::vector<std::string> arguments, int status) const {
    ToolResult result = run_tool(arguments);
    INFO(describe(result));
    CHECK(result.status == status);
    const std::string text = result.out + result.err;
    CHECK(text.find(to_hex(key)) == std::string::npos);
    CHECK(text.find(std::string(key.begin(), key.end())) == std::string::npos);
    return result;
  }
  // The same for a command that is refused and changes nothing.
  void refuses(std::vector<std::string> arguments, int status, const std::string& why) const {
    const std::vector<uint8_t> before = bytes();
    CHECK(run(std::move(arguments), status).err.find(why) != std::string::npos);
    CHECK(bytes() == before);
  }

  TemporaryFolder folder;
  std::string path = folder / "image.dwvd";
  std::string seal = folder / "seal.key";
  std::string space = folder / "namespace.key";
  std::string wrong = folder / "wrong.key";
  std::vector<uint8_t> key;
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("verify says whether the seal fits the key") {
  const Sealed image;
  const auto verify = [&](std::vector<std::string> keys, int status) {
    std::vector<std::string> arguments{"verify", image.path};
    for (const std::string& key : keys) {
      arguments.emplace_back("--key-file");
      arguments.push_back(key);
    }
    return image.run(arguments, status).out;
  };
  CHECK(has(verify({}, 0), "checking the seal needs its key"));
  CHECK(has(verify({image.seal, image.space}, 0), "the seal fits the key"));
  CHECK(has(verify({image.seal}, 0), "SUPB-019"));
  CHECK(has(verify({image.wrong}, 4), "SUPB-017"));
}

TEST_CASE("verify with a key says that nothing is sealed") {
  const Sealed image(ImageBuilder().bytes());
  CHECK(has(image.run({"verify", image.path, "--key-file", image.seal}, 0).out, "SUPB-020"));
  image.run({"verify", image.path, "--key-file", image.seal, "--fail-on", "warning"}, 4);
}

TEST_CASE("a change with the key renews the seal, also by a repair and resize") {
  const Sealed image;
  const auto check = [&] { CHECK(strict::header_seal(image.bytes(), image.key) == Proof::kFits); };
  image.run({"label", image.path, "new", "--key-file", image.seal}, 0);
  check();
  CHECK(image.run({"label", image.path}, 0).out == "new\n");
  image.run({"snapshot", "create", image.path, "--key-file", image.seal}, 0);
  check();
  image.run({"resize", image.path, "--size", "8M", "--key-file", image.seal}, 0);
  check();
  CHECK(strict::metadata_chain(image.bytes()) == Proof::kFits);
}

TEST_CASE("a repair with the key renews the seal, and its plan holds no key") {
  ImageBuilder damaged;
  seal_image(damaged, test_key());
  damaged.bits(200, 201, true);
  const Sealed image(damaged.bytes());
  const std::string plan = image.folder / "plan.json";
  image.refuses({"verify", image.path, "--repair"}, 8, "sealed");
  image.run({"verify", image.path, "--repair", "--plan", plan, "--key-file", image.wrong}, 4);
  const std::vector<uint8_t> text = read_file(plan);
  CHECK_FALSE(has(std::string(text.begin(), text.end()), to_hex(test_key()->bytes())));
  image.refuses({"verify", image.path, "--repair", "--apply", plan}, 8, "sealed");
  image.run({"verify", image.path, "--repair", "--apply", plan, "--key-file", image.wrong}, 1);
  CHECK(strict::header_seal(image.bytes(), test_key()->bytes()) == Proof::kFits);
  image.run({"verify", image.path, "--key-file", image.wrong}, 0);
}

TEST_CASE("without the right key a sealed image is not changed") {
  const Sealed image;
  image.refuses({"label", image.path, "new"}, 8, "sealed");
  image.refuses({"label", image.path, "new", "--key-file", image.wrong}, 8, "does not fit");
  image.refuses({"resize", image.path, "--size", "8M", "--key-file", image.wrong}, 8,
                "does not fit");
  image.refuses({"label", image.path, "new", "--key-file", image.seal, "--unseal"}, 16,
                "cannot be combined");
  image.refuses({"verify", image.path, "--repair", "--key-file", image.seal, "--unseal"}, 16,
                "cannot be combined");
  const Sealed plain(ImageBuilder().bytes());
  plain.refuses({"label", plain.path, "new", "--key-file", plain.seal}, 8, "not sealed");
}

TEST_CASE("dump says whether a seal, an HMAC and a signature fit the key") {
  const Sealed image;
  const auto fits = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"dump", image.path, "--json"});
    return image.run(arguments, 0).json().at("key_fits");
  };
  CHECK(fits({"--superblock", "--key-file", image.seal}) == true);
  CHECK(fits({"--superblock", "--key-file", image.wrong}) == false);
  CHECK(fits({"--superblock", "--key-file", image.wrong, "--key-file", image.seal}) == true);
  CHECK(fits({"--block", "2", "--key-file", image.space}) == true);
  CHECK(has(image.run({"dump", image.path, "--key-file", image.wrong}, 0).out, "NO KEY FITS"));
  CHECK_FALSE(image.run({"dump", image.path, "--json"}, 0).json().contains("key_fits"));
  CHECK_FALSE(image.run({"dump", image.path, "--block", "8", "--key-file", image.seal, "--json"}, 0)
                  .json()
                  .contains("key_fits"));
  image.refuses({"dump", image.path, "--regions", "--key-file", image.seal}, 16, "--key-file");

  const Sealed vault(vector_image("polv-tamper"));
  const auto listed = vector_listing("polv-tamper").at("policy_hmac_key").get<std::string>();
  write_key(vault.wrong, from_hex(listed).value());
  const auto lines =
      vault.run({"dump", vault.path, "--region", "POLV", "--key-file", vault.wrong, "--json"}, 0)
          .json_lines();
  REQUIRE(lines.size() == 2);
  CHECK_FALSE(lines[0].contains("key_fits"));
  CHECK(lines[1].at("key_fits") == true);
}

TEST_CASE("all bytes of a key file count, and some files are refused") {
  const Sealed image;
  std::vector<uint8_t> longer = image.key;
  longer.push_back('\n');
  write_key(image.wrong, longer);
  const ToolResult result = image.run({"verify", image.path, "--key-file", image.wrong}, 4);
  CHECK(has(result.out, "33 bytes instead of 32"));
  write_key(image.wrong, {});
  image.refuses({"verify", image.path, "--key-file", image.wrong}, 8, "empty");
  write_key(image.wrong, std::vector<uint8_t>(kMaxKeyBytes + 1));
  image.refuses({"label", image.path, "new", "--key-file", image.wrong}, 8, "at most");
  image.refuses({"verify", image.path, "--key-file", image.folder / "missing"}, 8, "missing");
  image.refuses({"verify", image.path, "--key-file", image.folder.path()}, 8, "cannot read");
}

TEST_CASE("a key file that others may read is named in a warning") {
  const Sealed image;
  chmod(image.seal.c_str(), 0711);
  CHECK(image.run({"verify", image.path, "--key-file", image.seal}, 0).err.empty());
  chmod(image.seal.c_str(), 0640);
  const ToolResult text = image.run({"verify", image.path, "--key-file", image.seal}, 0);
  CHECK(has(text.err, "seal.key: users other than the owner"));
  const ToolResult json = image.run({"verify", image.path, "--key-file", image.seal, "--json"}, 0);
  const auto warning = nlohmann::json::parse(json.err).at("warning");
  CHECK(warning.at("code") == "key_file_exposed");
  CHECK(has(warning.at("file").get<std::string>(), "seal.key"));
  CHECK(image.run({"verify", image.path, "--key-file", image.seal, "--quiet"}, 0).err.empty());
}
