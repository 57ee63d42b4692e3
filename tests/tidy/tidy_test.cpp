// Our own rules, over the text of every source file: what a compiler does not see and a reviewer forgets.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;

struct Source {
  std::string path;  // from the root
  std::vector<std::string> lines;
};

bool begins_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

std::vector<Source> sources(std::initializer_list<const char*> folders) {
  const fs::path root = MUSTER_SOURCE_DIR;
  std::vector<Source> out;
  for (const char* folder : folders) {
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const std::string extension = entry.path().extension().string();
      if (!entry.is_regular_file() || (extension != ".cpp" && extension != ".h")) continue;
      Source source{fs::relative(entry.path(), root).string(), {}};
      std::ifstream file(entry.path());
      for (std::string line; std::getline(file, line);) source.lines.push_back(line);
      out.push_back(std::move(source));
    }
  }
  std::sort(out.begin(), out.end(), [](const Source& a, const Source& b) { return a.path < b.path; });
  return out;
}

// The code of a line: without comments and without the contents of strings.
std::string code_of(const std::string& line) {
  std::string out;
  bool in_string = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (in_string) {
      if (line[i] == '\\') {
        ++i;
      } else if (line[i] == '"') {
        in_string = false;
      }
      continue;
    }
    if (line[i] == '"' && (i == 0 || line[i - 1] != '\'')) {
      in_string = true;
      continue;
    }
    if (line[i] == '/' && i + 1 < line.size() && line[i + 1] == '/') break;
    out += line[i];
  }
  return out;
}

using Allowed = std::function<bool(const std::string& path)>;

// Every place where a word stands in code although the file may not use it.
std::string misuse(const std::vector<Source>& all, std::string_view word, const Allowed& allowed) {
  std::ostringstream found;
  for (const Source& source : all) {
    if (allowed(source.path)) continue;
    for (std::size_t i = 0; i < source.lines.size(); ++i) {
      if (code_of(source.lines[i]).find(word) != std::string::npos)
        found << source.path << ":" << i + 1 << ": " << word << "\n";
    }
  }
  return found.str();
}

Allowed only(std::vector<std::string> prefixes) {
  return [prefixes = std::move(prefixes)](const std::string& path) {
    return std::any_of(prefixes.begin(), prefixes.end(),
                       [&](const std::string& prefix) { return begins_with(path, prefix); });
  };
}

TEST(Tidy, clocks_and_chance_are_injected) {
  const auto all = sources({"api", "controllers", "runtime"});
  // The supervisor of a process is a fork without a loop.
  const Allowed base = only({"runtime/base/", "runtime/http/", "runtime/drivers/process/supervisor"});
  for (const char* word :
       {"system_clock::now", "steady_clock::now", "clock_gettime", "random_device", "std::rand(", "mt19937"}) {
    EXPECT_EQ(misuse(all, word, base), "");
  }
  EXPECT_EQ(misuse(all, "this_thread::sleep", only({})), "");
}

TEST(Tidy, the_core_is_pure) {
  const auto core = sources({"api", "controllers"});
  for (const char* word :
       {"std::thread", "std::mutex", "std::atomic<", "getenv(", "fopen(", "std::ofstream", "::socket("}) {
    EXPECT_EQ(misuse(core, word, only({"api/state/object_tree"})), "");
  }
}

TEST(Tidy, heavy_headers_stay_in_their_folder) {
  const auto all = sources({"api", "controllers", "runtime"});
  const auto includers = [&](std::string_view header) {
    std::vector<std::string> out;
    for (const Source& source : all) {
      for (const std::string& line : source.lines) {
        if (begins_with(line, "#include") && line.find(header) != std::string::npos) {
          out.push_back(source.path);
          break;
        }
      }
    }
    return out;
  };
  const auto expect_within = [&](std::string_view header, const Allowed& allowed) {
    for (const std::string& path : includers(header)) EXPECT_TRUE(allowed(path)) << path << " includes " << header;
  };
  expect_within("<boost/", only({"runtime/http/"}));
  expect_within("<yaml-cpp/", only({"api/schema/yaml"}));
  expect_within("<sqlite3.h>", only({"runtime/store/"}));
  expect_within("<openssl/", only({"runtime/pki/", "runtime/http/", "runtime/seal/cipher.cpp"}));
  expect_within("<nlohmann/", only({"api/schema/", "runtime/drivers/docker/"}));
  expect_within("<prometheus/", only({"runtime/base/metrics"}));
}

// g++ 12 miscompiles ordinary coroutines: everything that waits is a callback on a Loop.
TEST(Tidy, no_coroutines) {
  EXPECT_EQ(misuse(sources({"api", "controllers", "runtime"}), "co_await", only({})), "");
}

TEST(Tidy, nothing_is_left_for_later) {
  for (const Source& source : sources({"api", "controllers", "runtime", "tests"})) {
    if (source.path == "tests/tidy/tidy_test.cpp") continue;
    for (std::size_t i = 0; i < source.lines.size(); ++i) {
      for (const char* word : {"TODO", "FIXME", "HACK"}) {
        EXPECT_EQ(source.lines[i].find(word), std::string::npos) << source.path << ":" << i + 1;
      }
    }
  }
}

TEST(Tidy, lines_and_files_are_short) {
  for (const Source& source : sources({"api", "controllers", "runtime"})) {
    EXPECT_LE(source.lines.size(), 700U) << source.path << " is more than one idea";
    for (std::size_t i = 0; i < source.lines.size(); ++i) {
      const std::string& line = source.lines[i];
      const auto width = std::count_if(line.begin(), line.end(),
                                       [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
      EXPECT_LE(width, 120) << source.path << ":" << i + 1;
    }
  }
}

TEST(Tidy, headers_say_what_they_are_for) {
  for (const Source& source : sources({"api", "controllers", "runtime"})) {
    if (source.path.substr(source.path.size() - 2) != ".h" || source.lines.empty()) continue;
    EXPECT_TRUE(begins_with(source.lines[0], "// ")) << source.path << " begins without a word on its purpose";
    EXPECT_NE(std::find(source.lines.begin(), source.lines.end(), "#pragma once"), source.lines.end()) << source.path;
  }
}

TEST(Tidy, the_top_level_is_the_owners) {
  const std::vector<std::string> allowed{"CMakeLists.txt", "CMakePresets.json", "LICENSE", "README.md", "api",
                                         "build",          "controllers",       "hack",    "manifests", "runtime",
                                         "tests"};
  for (const auto& entry : fs::directory_iterator(fs::path(MUSTER_SOURCE_DIR))) {
    const std::string name = entry.path().filename().string();
    if (name[0] == '.') continue;
    EXPECT_NE(std::find(allowed.begin(), allowed.end(), name), allowed.end()) << name;
  }
}

}  // namespace
