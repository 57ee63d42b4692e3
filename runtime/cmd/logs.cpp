// muster logs
#include <cstdio>
#include <memory>
#include <optional>

#include "api/base/text.h"
#include "runtime/cmd/task_words.h"
#include "runtime/cmd/verbs.h"

namespace muster::cmd {
namespace {

constexpr std::size_t followed_tasks = 100;  // a connection each

Result<std::string> query_of(const Arguments& arguments) {
  std::string query;
  const auto add = [&](std::string_view name, const std::string& value) {
    query += str(query.empty() ? "?" : "&", name, "=", http::percent_encode(value));
  };
  if (arguments.has("container")) add("container", arguments.get("container"));
  if (arguments.has("follow")) add("follow", "true");
  if (arguments.has("timestamps")) add("timestamps", "true");
  if (arguments.has("tail")) {
    TRY(const std::int64_t lines, arguments.number("tail", -1, 0, 1'000'000'000));
    add("tailLines", std::to_string(lines));
  }
  if (arguments.has("since")) {
    TRY(const Duration since, arguments.duration("since", {}));
    add("sinceSeconds", std::to_string(std::chrono::ceil<std::chrono::seconds>(since).count()));
  }
  return query;
}

// The log of one task. Lines of several come whole, each with its task's name.
class Log {
 public:
  explicit Log(std::string prefix) : prefix_(std::move(prefix)) {}

  bool print(std::string_view bytes) {
    if (prefix_.empty()) {
      std::fwrite(bytes.data(), 1, bytes.size(), stdout);
      return flush_output();
    }
    constexpr std::size_t longest_line = 1U << 20U;
    rest_ += bytes;
    std::size_t begin = 0;
    for (std::size_t end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n', begin)) {
      print_line(std::string_view(rest_).substr(begin, end - begin));
      begin = end + 1;
    }
    rest_.erase(0, begin);
    if (rest_.size() > longest_line) finish();
    return flush_output();
  }
  // What came without an end of line.
  void finish() {
    if (!rest_.empty()) print_line(rest_);
    rest_.clear();
  }

 private:
  void print_line(std::string_view line) {
    std::fwrite(prefix_.data(), 1, prefix_.size(), stdout);
    std::fwrite(line.data(), 1, line.size(), stdout);
    std::fputc('\n', stdout);
  }

  std::string prefix_, rest_;
};

const http::Headers& accepted() {
  static const http::Headers headers{{"Accept", "text/plain, application/json"}};
  return headers;
}

int print_one(Session& session, const std::string& path, Log& log) {
  const Status status = session.api->stream(path, accepted(), [&](std::string_view bytes) { return log.print(bytes); });
  log.finish();
  return status.ok() ? exit_code::ok : fail(status.error());
}

// All at once, as their lines come, until all have ended.
int follow_all(Session& session, const std::vector<std::string>& paths, std::vector<Log>& logs) {
  int code = exit_code::ok;
  std::vector<std::unique_ptr<http::Call>> calls(paths.size());
  std::vector<std::optional<http::Response>> failures(paths.size());
  std::size_t left = paths.size();
  session.api->run([&](http::IoLoop& loop) {
    for (std::size_t i = 0; i < paths.size(); ++i) {
      http::StreamCallbacks callbacks;
      callbacks.on_head = [&, i](const http::Response& head) {
        if (head.status != 200) failures[i] = head;
      };
      callbacks.on_bytes = [&, i](std::string_view bytes) {
        if (failures[i]) {
          failures[i]->body += bytes;
        } else if (!logs[i].print(bytes)) {
          loop.stop();
        }
      };
      callbacks.on_end = [&, i](const Status& ended) {
        logs[i].finish();
        if (failures[i]) {
          code = fail(client::error_of(*failures[i]));
        } else if (!ended.ok()) {
          code = fail(ended.error());
        }
        if (--left == 0) loop.stop();
      };
      calls[i] = session.api->follow(paths[i], accepted(), std::move(callbacks));
    }
  });
  return code;
}

int run(const Arguments& arguments) {
  const std::vector<std::string>& words = arguments.words;
  if (words.empty() || words.size() > 2)
    return fail_usage(logs_verb(), Error{Code::malformed, "name a task, or service/NAME or taskrun/NAME", {}});
  auto reference = parse_task_word(words.size() == 2 ? str(words[0], "/", words[1]) : words[0]);
  if (!reference.ok()) return fail_usage(logs_verb(), reference.error());
  const auto query = query_of(arguments);
  if (!query.ok()) return fail_usage(logs_verb(), query.error());
  auto session = connect(arguments);
  if (!session.ok()) return fail(session.error());
  auto names = arguments.has("previous") ? previous_tasks(*session, *reference) : task_names(*session, *reference);
  if (!names.ok()) return fail(names.error());
  if (names->size() > followed_tasks && arguments.has("follow")) {
    return fail(Error{Code::malformed,
                      str("--follow follows at most ", followed_tasks, " tasks; ", reference->kind->singular, "/",
                          reference->name, " has ", names->size(), ": name one, for example task/", names->front()),
                      {}});
  }
  std::vector<std::string> paths;
  std::vector<Log> logs;
  for (const std::string& name : *names) {
    paths.push_back(str(task_path(*session, name, "log"), *query));
    logs.emplace_back(names->size() > 1 ? str("[", name, "] ") : std::string());
  }
  if (arguments.has("follow") && paths.size() > 1) return follow_all(*session, paths, logs);
  int code = exit_code::ok;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (const int one = print_one(*session, paths[i], logs[i]); one != exit_code::ok) code = one;
  }
  return code;
}

}  // namespace

const Verb& logs_verb() {
  static const Verb verb{"logs",
                         "TASK | task/NAME | service/NAME | taskrun/NAME",
                         "print the logs of containers",
                         "Prints what a task's container wrote. For a service or a run, the logs of all\n"
                         "its tasks, each line with its task's name: one after the other, and with -f as\n"
                         "they come.\n\n"
                         "  muster logs task/web-0-0-1a2b3c4d -f --tail 20\n"
                         "  muster logs service/web -f --since 10m\n"
                         "  muster logs service/web --previous\n",
                         client_options({{"container", 'c', "NAME", "Which container, when the task has several."},
                                         {"follow", 'f', "", "Go on printing what comes."},
                                         {"tail", 0, "LINES", "Only so many of the last lines (default: all)."},
                                         {"since", 0, "DURATION", "Only what is newer than this: 10m, 1h30m."},
                                         {"timestamps", 0, "", "Begin each line with its time."},
                                         {"previous", 'p', "", "Of the tasks that ran in the same places before."}}),
                         &run};
  return verb;
}

}  // namespace muster::cmd
