// Sends containers' logs to readers at the server: for each request a connection of its own, dialed from here.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/protocol/frames.h"
#include "runtime/agent/link.h"
#include "runtime/base/life.h"
#include "runtime/base/loop.h"
#include "runtime/drivers/base/driver.h"

namespace muster::agent {

class LogStreams {
 public:
  // `target` is the path of the streams, without the stream's name. `host_name` finds a container on the host; empty
  // when there is none.
  LogStreams(Loop& loop, Link& link, drivers::Driver& driver, std::string target,
             std::function<std::string(const std::string& task_uid, const std::string& container)> host_name);
  ~LogStreams();
  LogStreams(const LogStreams&) = delete;
  LogStreams& operator=(const LogStreams&) = delete;

  void open(const protocol::Open& request);
  std::size_t size() const { return streams_.size(); }

 private:
  struct Stream;
  void on_open(std::uint64_t number);
  void on_bytes(std::uint64_t number, std::string_view bytes);
  void on_end(std::uint64_t number, const Status& end);
  void watch(std::uint64_t number);
  void end(std::uint64_t number, const std::string& reason);
  void drop(std::uint64_t number);

  Loop& loop_;
  Link& link_;
  drivers::Driver& driver_;
  const std::string target_;
  std::function<std::string(const std::string&, const std::string&)> host_name_;
  std::map<std::uint64_t, std::unique_ptr<Stream>> streams_;
  // Until the callback that ended them has returned.
  std::vector<std::unique_ptr<Stream>> ended_streams_;
  std::vector<std::unique_ptr<drivers::Subscription>> ended_logs_;
  std::uint64_t last_ = 0;
  Life life_;
};

}  // namespace muster::agent
