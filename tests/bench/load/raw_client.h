// Many plain HTTP connections from one thread, as cheap as can be: what is measured is the server, not this client.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/error.h"
#include "api/base/time.h"

namespace muster::bench {

class RawClient {
 public:
  RawClient() = default;
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  // Connections 0 to `count` - 1 to the port of this host's loopback.
  Status connect(int port, std::size_t count);
  // Queues bytes on a connection.
  Status send(std::size_t connection, std::string_view bytes);
  // Waits once and hands over what arrived; `on_bytes` sees everything that is kept of the connection so far and
  // answers how much of it is done with.
  Status wait(Duration longest,
              const std::function<std::size_t(std::size_t connection, std::string_view kept)>& on_bytes);

 private:
  struct Connection {
    int descriptor = -1;
    std::string kept;
  };

  int epoll_ = -1;
  std::vector<Connection> connections_;
};

struct RawAnswer {
  int status = 0;
  std::size_t bytes = 0;  // head and body
  std::string_view body;
};
// The first answer (with a Content-Length) of the bytes; `bytes` is 0 while it is not whole.
RawAnswer read_answer(std::string_view bytes);

}  // namespace muster::bench
