// What kubectls were seen to ask, asked again: the answers must be those that they were given. Needs no kubectl.
#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <mutex>

#include "api/base/text.h"
#include "api/schema/json.h"
#include "tests/compat/transcript.h"
#include "tests/runtime/http/running_server.h"
#include "tests/support/background_process.h"
#include "tests/support/source_dir.h"

namespace muster::testing {
namespace {

namespace fs = std::filesystem;

// A server without controllers that have anything to do: what is stored is what was asked for. Over a unix socket it
// needs no credentials.
class LoneServer {
 public:
  LoneServer()
      : process_({std::getenv("MUSTER_BINARY"), "server", "--data-dir", folder_ / "data", "--listen", url(),
                  "--controllers", "cleanup"},
                 {{"HOME", folder_.path()}}) {
    EXPECT_TRUE(eventually([&] { return process_.out().find("ready ") != std::string::npos; })) << process_.err();
  }
  std::string url() const { return "unix://" + folder_.path() + "/socket"; }

 private:
  TemporaryDirectory folder_;
  BackgroundProcess process_;
};

http::Request request_of(const RecordedExchange& exchange, const Bindings& bindings) {
  http::Request request;
  request.method = exchange.method;
  request.target = bindings.filled(exchange.target);
  request.headers = exchange.headers;
  request.headers.emplace_back("User-Agent", "kubectl/v1.33.0 (linux/amd64) kubernetes/0000000");
  request.body = bindings.filled(exchange.body);
  return request;
}

// A watch that goes on beside the other requests, as it did when it was recorded.
class OpenWatch {
 public:
  OpenWatch(http::LoopThread& io, const std::string& base, http::Request request) : io_(io) {
    head_.status = 0;  // none yet
    io_.run([&] {
      client_ = std::make_unique<http::Client>(io_.loop, base, http::ClientOptions{});
      http::StreamCallbacks callbacks;
      callbacks.on_head = [this](const http::Response& head) { note([&] { head_ = head; }); };
      callbacks.on_bytes = [this](std::string_view bytes) { note([&] { text_ += bytes; }); };
      callbacks.on_end = [this](Status) { note([&] { ended_ = true; }); };
      call_ = client_->stream(std::move(request), http::patience, std::move(callbacks));
    });
    wait([&] { return head_.status != 0; });
  }
  ~OpenWatch() {
    io_.run([&] {
      call_.reset();
      client_.reset();
    });
  }
  const http::Response& head() const { return head_; }
  // Its first lines, so many; fewer when it ends before.
  std::vector<std::string> first(std::size_t count) {
    wait([&] { return static_cast<std::size_t>(std::ranges::count(text_, '\n')) >= count; });
    const std::lock_guard lock(mutex_);
    std::vector<std::string> out;
    for (const std::string_view line : split(text_, '\n')) {
      if (!line.empty() && out.size() < count) out.emplace_back(line);
    }
    return out;
  }

 private:
  template <class Function>
  void note(Function function) {
    const std::lock_guard lock(mutex_);
    function();
    changed_.notify_all();
  }
  template <class Condition>
  void wait(Condition condition) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, patience, [&] { return ended_ || condition(); });
  }

  http::LoopThread& io_;
  std::unique_ptr<http::Client> client_;
  std::unique_ptr<http::Call> call_;
  std::mutex mutex_;
  std::condition_variable changed_;
  http::Response head_;
  std::string text_;
  bool ended_ = false;
};

class Replay {
 public:
  explicit Replay(std::string file) : file_(std::move(file)) {}

  void play(const RecordedSection& section) {
    for (const RecordedExchange& exchange : section.exchanges) {
      const ::testing::ScopedTrace trace(file_.c_str(), exchange.line, exchange.method + " " + exchange.target);
      if (exchange.is_watch()) {
        auto watch = std::make_unique<OpenWatch>(io_, server_.url(), request_of(exchange, bindings_));
        check_head(exchange, watch->head());
        watches_.emplace_back(&exchange, std::move(watch));
      } else {
        const auto answer = http::fetch(server_.url(), request_of(exchange, bindings_), http::patience);
        ASSERT_TRUE(answer.ok()) << answer.error().text();
        check(exchange, *answer);
      }
      // What follows would differ as well, for it depends on this.
      if (::testing::Test::HasFailure()) return;
    }
    for (const auto& [exchange, watch] : watches_) {
      const ::testing::ScopedTrace trace(file_.c_str(), exchange->line, exchange->target);
      check_lines(exchange->events, watch->first(exchange->events.size()));
    }
  }

 private:
  void check_head(const RecordedExchange& exchange, const http::Response& answer) {
    EXPECT_EQ(answer.status, exchange.status) << answer.body;
    EXPECT_EQ(http::header(answer.headers, "Content-Type"), exchange.type);
    std::vector<std::string> warnings;
    for (const auto& [name, value] : answer.headers) {
      if (to_lower(name) == "warning") warnings.push_back(value);
    }
    EXPECT_EQ(warnings, exchange.warnings);
  }
  void check(const RecordedExchange& exchange, const http::Response& answer) {
    check_head(exchange, answer);
    for (const std::string& words : exchange.contains)
      EXPECT_TRUE(answer.body.find(words) != std::string::npos) << words;
    if (!exchange.contains.empty()) return;
    std::vector<std::string> lines;
    for (const std::string_view line : split(answer.body, '\n')) {
      if (!line.empty()) lines.emplace_back(line);
    }
    check_lines(exchange.answer, lines);
  }
  void check_lines(const std::vector<std::string>& recorded, const std::vector<std::string>& actual) {
    ASSERT_EQ(actual.size(), recorded.size()) << join(actual, "\n");
    for (std::size_t i = 0; i < recorded.size(); ++i) {
      const auto then = parse_json(recorded[i]);
      const auto now = parse_json(actual[i]);
      if (then.ok() && now.ok()) {
        EXPECT_EQ(bindings_.difference(*then, *now), "") << actual[i];
      } else {
        EXPECT_TRUE(bindings_.fits(recorded[i], actual[i])) << "recorded " << recorded[i] << "\nnow " << actual[i];
      }
    }
  }

  std::string file_;
  LoneServer server_;
  http::LoopThread io_;
  Bindings bindings_;
  std::vector<std::pair<const RecordedExchange*, std::unique_ptr<OpenWatch>>> watches_;
};

fs::path folder() {
  return source_dir() / "tests/compat/transcripts";
}

std::vector<std::string> names() {
  std::vector<std::string> out;
  for (const auto& entry : fs::directory_iterator(folder())) {
    if (entry.path().extension() == ".txt" && entry.path().stem() != "scenarios") out.push_back(entry.path().stem());
  }
  std::ranges::sort(out);
  return out;
}

class Transcripts : public ::testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Each, Transcripts, ::testing::ValuesIn(names()), [](const auto& each) {
  std::string name = each.param;
  std::ranges::replace(name, '-', '_');
  return name;
});

TEST_P(Transcripts, are_answered_as_recorded) {
  const std::string file = folder() / (GetParam() + ".txt");
  const auto sections = read_transcript(read_text(file));
  ASSERT_TRUE(sections.ok()) << file << ": " << sections.error().text();
  ASSERT_FALSE(sections->empty());
  for (const RecordedSection& section : *sections) {
    SCOPED_TRACE("as kubectl " + section.versions + " asked");
    EXPECT_FALSE(section.exchanges.empty());
    Replay(file).play(section);
  }
}

// The comparison must not take everything for equal.
TEST(TranscriptBindings, tell_what_differs) {
  const auto json = [](const char* text) { return parse_json(text).value(); };
  Bindings bindings;
  const Node recorded = json(R"({"uid":"<uid 1>","time":"<time>","age":"<age>","n":1,"of":"Task <uid 1> is"})");
  EXPECT_EQ(bindings.difference(recorded,
                                json(R"({"n":1,"uid":"u","time":"2027-02-03T04:05:06Z","age":"3s","of":"Task u is"})")),
            "");
  EXPECT_EQ(bindings.filled("/x?uid=<uid 1>&t=<time>&v=<rv 9>"), "/x?uid=u&t=2026-01-01T00:00:00Z&v=<rv 9>");
  for (const char* other :
       {R"({"uid":"v","time":"2027-02-03T04:05:06Z","age":"3s","n":1,"of":"Task u is"})",
        R"({"uid":"u","time":"soon","age":"3s","n":1,"of":"Task u is"})",
        R"({"uid":"u","time":"2027-02-03T04:05:06Z","age":"old","n":1,"of":"Task u is"})",
        R"({"uid":"u","time":"2027-02-03T04:05:06Z","age":"3s","n":2,"of":"Task u is"})",
        R"({"uid":"u","time":"2027-02-03T04:05:06Z","age":"3s","n":1,"of":"Task v is"})",
        R"({"uid":"u","time":"2027-02-03T04:05:06Z","age":"3s","n":1})",
        R"({"uid":"u","time":"2027-02-03T04:05:06Z","age":"3s","n":1,"of":"Task u is","more":1})"}) {
    EXPECT_NE(bindings.difference(recorded, json(other)), "") << other;
  }
  EXPECT_FALSE(read_transcript("GET /x\n").ok()) << "no section";
  EXPECT_FALSE(read_transcript("== kubectl 1.27\n\nGET /x\nwhat\n").ok());
}

}  // namespace
}  // namespace muster::testing
