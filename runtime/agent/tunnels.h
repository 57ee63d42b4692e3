// Serves exec, attach and forwarded ports to users at the server: for each request a connection of its own, dialed from
// here, that ends when either of its ends does.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/protocol/frames.h"
#include "api/protocol/tunnel.h"
#include "runtime/agent/link.h"
#include "runtime/base/life.h"
#include "runtime/base/loop.h"
#include "runtime/drivers/base/driver.h"

namespace muster::agent {

class Tunnels {
 public:
  // `target` is the path of the streams, without the stream's name. `host_name` finds a container on the host; empty
  // when there is none.
  Tunnels(Loop& loop, Link& link, drivers::Driver& driver, std::string target,
          std::function<std::string(const std::string& task_uid, const std::string& container)> host_name);
  ~Tunnels();
  Tunnels(const Tunnels&) = delete;
  Tunnels& operator=(const Tunnels&) = delete;

  void open(const protocol::Open& request);
  std::size_t size() const { return tunnels_.size(); }

 private:
  struct Tunnel;
  void on_open(std::uint64_t number);
  void on_message(std::uint64_t number, std::string_view message);
  void on_bytes(std::uint64_t number, std::string_view bytes, protocol::Tunnel type);
  void watch(std::uint64_t number);
  void watch_later(std::uint64_t number);
  // The last message, then the end.
  void end(std::uint64_t number, const protocol::StreamEnd& how);
  void drop(std::uint64_t number);

  Loop& loop_;
  Link& link_;
  drivers::Driver& driver_;
  const std::string target_;
  std::function<std::string(const std::string&, const std::string&)> host_name_;
  std::map<std::uint64_t, std::unique_ptr<Tunnel>> tunnels_;
  // Until the callback that ended them has returned.
  std::vector<std::unique_ptr<Tunnel>> ended_tunnels_;
  std::vector<std::unique_ptr<drivers::Channel>> ended_channels_;
  std::uint64_t last_ = 0;
  Life life_;
};

}  // namespace muster::agent
