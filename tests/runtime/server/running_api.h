// An API server on loopback over a store in memory, and a client of it.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <memory>
#include <string>

#include "api/base/text.h"
#include "api/schema/json.h"
#include "runtime/http/client.h"
#include "runtime/server/server.h"
#include "runtime/store/log.h"
#include "tests/runtime/http/running_server.h"

namespace muster::server {

inline constexpr const char* leases = "/apis/coordination.k8s.io/v1/namespaces/default/leases";

class ServerTest : public ::testing::Test {
 protected:
  explicit ServerTest(Authentication authentication = {}, const std::function<void(ApiServerOptions&)>& more = {}) {
    auto opened = store::Store::open(store::open_memory_log(disk_), writer_, random_, {});
    EXPECT_TRUE(opened.ok());
    store_ = std::move(opened).value();
    io_.run([&] {
      ApiServerOptions options;
      options.authentication = std::move(authentication);
      options.metrics = [] { return std::string("up 1\n"); };
      if (more) more(options);
      server_ = std::make_unique<ApiServer>(*store_, io_.loop, random_, std::move(options));
    });
    std::promise<Status> started;
    io_.loop.post([&] { server_->start([&](Status status) { started.set_value(std::move(status)); }); });
    EXPECT_TRUE(started.get_future().get().ok());
    base_ = "http://" + io_.run([&] { return server_->listen("127.0.0.1:0").value(); });
  }
  ~ServerTest() override {
    io_.run([&] { server_.reset(); });
    io_.end();
  }

  http::Response send(const std::string& method, const std::string& target, const std::string& body = {},
                      http::Headers headers = {}) {
    http::Request request;
    request.method = method;
    request.target = target;
    request.body = body;
    request.headers = std::move(headers);
    if (!body.empty() && http::header(request.headers, "Content-Type").empty()) {
      request.headers.emplace_back("Content-Type",
                                   method == "PATCH" ? "application/merge-patch+json" : "application/json");
    }
    auto response = http::fetch(base_, std::move(request), http::patience);
    EXPECT_TRUE(response.ok()) << (response.ok() ? "" : response.error().text());
    return response.ok() ? std::move(response).value() : http::Response{};
  }
  Node json(const http::Response& response) {
    auto node = parse_json(response.body);
    EXPECT_TRUE(node.ok()) << response.body;
    return node.ok() ? std::move(node).value() : Node::map();
  }
  static std::string lease(const std::string& name, const std::string& holder = "h", const std::string& labels = "{}") {
    return str(R"({"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":")", name,
               "\",\"labels\":", labels, R"(},"spec":{"holderIdentity":")", holder, "\"}}");
  }
  std::string reason(const http::Response& response) { return std::string(json(response).text_of("reason")); }

  std::shared_ptr<store::MemoryDisk> disk_ = store::make_memory_disk();
  SystemRandom random_;
  ThreadLoop writer_{"store"};
  http::LoopThread io_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<ApiServer> server_;
  std::string base_;
};

}  // namespace muster::server
