// The WebSockets that agents have dialled beside their own connection, which the hub watches: streams. They are cut
// when the join by whose certificate they were let in holds no longer.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "runtime/http/server.h"
#include "runtime/store/objects.h"

namespace muster::server {

// All on the server's loop.
class EnrolledSockets {
 public:
  // `objects` must outlive this.
  explicit EnrolledSockets(store::Objects& objects) : objects_(objects) {}

  // The exchange, of which the socket that comes of it is followed when it is an agent's: by a certificate of its own.
  std::shared_ptr<http::Exchange> follow(std::shared_ptr<http::Exchange> exchange);
  // To be called for each commit, and when commits were missed.
  void observe(const store::CommitPtr& commit);
  void resync();
  // Sockets that are followed and have not ended.
  std::size_t size();

 private:
  class Followed;
  struct Entry {
    std::string enrolment;  // its id
    std::weak_ptr<http::WebSocket> socket;
  };
  using Entries = std::multimap<std::string, Entry>;  // by instance

  void add(const std::string& instance, std::string enrolment, const std::shared_ptr<http::WebSocket>& socket);
  void check(const std::string& instance);
  void forget_ended();

  store::Objects& objects_;
  std::shared_ptr<Entries> entries_ = std::make_shared<Entries>();
};

}  // namespace muster::server
