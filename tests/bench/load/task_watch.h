// What the server tells of tasks, as it tells it: a watch on a thread of its own.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "api/base/error.h"
#include "api/base/time.h"

namespace muster::bench {

class TaskWatch {
 public:
  struct Seen {
    std::string definition;  // "web:1"
    std::string last_status;
    std::string container;  // its id in the engine; empty before it runs
  };
  using Tasks = std::map<std::string, Seen>;  // by name

  explicit TaskWatch(const std::string& url);
  // Waits until the server ends the stream: end the server first.
  ~TaskWatch();
  TaskWatch(const TaskWatch&) = delete;
  TaskWatch& operator=(const TaskWatch&) = delete;

  // The moment when the condition became true.
  Result<Duration> until(std::string_view what, Duration patience, const std::function<bool(const Tasks&)>& condition);
  Tasks tasks() const;

 private:
  void take(std::string_view line);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Tasks tasks_;
  Duration changed_at_{};
  std::thread thread_;
};

std::size_t running(const TaskWatch::Tasks& tasks, std::string_view definition);

}  // namespace muster::bench
