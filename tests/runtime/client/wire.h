// A server without sockets: the real lists, feeds and batches of runtime/server over a store on a virtual clock, and a
// transport to them that a test can cut, silence and take down.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/client/transport.h"
#include "runtime/server/call.h"
#include "runtime/server/commits.h"
#include "runtime/server/resources.h"
#include "runtime/server/status.h"
#include "runtime/store/commit_text.h"
#include "tests/runtime/store/store_support.h"

namespace muster::client::testing {

// Both ends of an answer that is streamed.
class WireStream final : public http::Stream {
 public:
  WireStream(Loop& loop, http::StreamCallbacks client) : loop_(loop), client_(std::move(client)) {}

  bool write(std::shared_ptr<const std::string> bytes) override {
    if (!client_) return false;
    if (silent) return true;
    received += *bytes;
    // In two parts: lines do not arrive whole.
    for (const std::string& part : {bytes->substr(0, bytes->size() / 2), bytes->substr(bytes->size() / 2)})
      later([part](const http::StreamCallbacks& client) { client.on_bytes(part); });
    return true;
  }
  void finish() override { end({}); }
  std::size_t queued() const override { return 0; }
  void on_close(std::function<void()> callback) override { closed_ = std::move(callback); }

  void head(const http::Response& response) {
    later([response](const http::StreamCallbacks& client) { client.on_head(response); });
  }
  // The connection is lost.
  void end(const Status& status) {
    later([status](const http::StreamCallbacks& client) { client.on_end(status); });
    close();
  }
  // The client does not want it any more.
  void drop() {
    client_.reset();
    close();
  }

  bool silent = false;
  std::string received;

 private:
  void later(std::function<void(const http::StreamCallbacks& client)> call) {
    loop_.post([client = client_, gone = std::weak_ptr<bool>(here_), call = std::move(call), this] {
      if (!gone.expired() && client_) call(*client);
    });
  }
  void close() {
    if (const auto callback = std::exchange(closed_, nullptr)) callback();
  }

  Loop& loop_;
  std::optional<http::StreamCallbacks> client_;
  std::function<void()> closed_;
  std::shared_ptr<bool> here_ = std::make_shared<bool>(true);
};

class WireExchange final : public http::Exchange {
 public:
  WireExchange(http::Request request, std::function<void(http::Response)> respond, std::shared_ptr<WireStream> stream)
      : request_(std::move(request)), respond_(std::move(respond)), stream_(std::move(stream)) {}
  const http::Request& request() const override { return request_; }
  void respond(http::Response response) override { respond_(std::move(response)); }
  std::shared_ptr<http::Stream> stream(http::Response head) override {
    stream_->head(head);
    return stream_;
  }
  std::shared_ptr<http::WebSocket> upgrade(std::string_view) override { return nullptr; }
  std::shared_ptr<http::ByteStream> take_over(http::Headers /*headers*/) override { return nullptr; }
  bool wants_upgrade() const override { return false; }
  std::string peer() const override { return "unix"; }
  void on_close(std::function<void()>) override {}

 private:
  http::Request request_;
  std::function<void(http::Response)> respond_;
  std::shared_ptr<WireStream> stream_;
};

// Outlives every transport to it.
class WireServer {
 public:
  explicit WireServer(store::StoreOptions options = {}) : world(options) { open(); }
  ~WireServer() { close(); }
  void open() {
    watches = std::make_unique<server::WatchHub>(world.store(), world.loop(), server::WatchHub::Options{});
    ASSERT_TRUE(watches->start(world.store().state().revision()).ok());
    gate = std::make_unique<server::Gate>(world.store(), server::Authentication{});
    resources = std::make_unique<server::Resources>(world.store(), *watches, *gate, usages, world.loop());
    commits = std::make_unique<server::Commits>(world.store(), world.loop(), server::CommitsOptions{});
    up = true;
  }
  void close() {
    up = false;
    cut();
    commits.reset();
    resources.reset();
    watches.reset();
  }
  // kill -9 and start again.
  void restart() {
    close();
    world.open();
    open();
  }
  void cut() {
    for (const auto& stream : std::exchange(streams, {})) stream->end(Error{Code::unavailable, "cut", {}});
  }
  void handle(const std::shared_ptr<http::Exchange>& exchange) {
    if (on_request) on_request();
    targets.push_back(exchange->request().method + " " + exchange->request().target);
    const std::string& target = exchange->request().target;
    if (target.substr(0, target.find('?')) == store::commits_path) return commits->handle(exchange);
    const auto call = server::parse_call(exchange->request());
    if (!call.ok()) return exchange->respond(server::error_response(call.error()));
    resources->handle(*call, exchange);
  }
  // Requests since the last call whose line begins so.
  std::size_t asked(std::string_view begin) {
    std::size_t count = 0;
    for (const std::string& target : std::exchange(targets, {})) count += target.rfind(begin, 0) == 0 ? 1U : 0U;
    return count;
  }

  store::testing::World world;
  std::unique_ptr<server::WatchHub> watches;
  std::unique_ptr<server::Gate> gate;
  server::Usages usages;  // no agent says anything
  std::unique_ptr<server::Resources> resources;
  std::unique_ptr<server::Commits> commits;
  std::list<std::shared_ptr<WireStream>> streams;
  std::vector<std::string> targets;
  std::function<void()> on_request;  // before each is answered
  bool up = false;
  bool lose_answers = false;  // of batches: they are committed, but nobody hears of it
};

class Wire final : public Transport {
 public:
  explicit Wire(WireServer& server) : server_(server) {}
  void send(http::Request request, Duration, std::function<void(Result<http::Response>)> done) override {
    const auto answer = [this, done, gone = std::weak_ptr<bool>(here_)](Result<http::Response> result) {
      auto shared = std::make_shared<Result<http::Response>>(std::move(result));
      server_.world.loop().post([done, shared, gone] {
        if (!gone.expired()) done(std::move(*shared));
      });
    };
    if (!server_.up) return answer(Error{Code::unavailable, "connection refused", {}});
    const bool lost = server_.lose_answers && request.method == "POST";
    server_.handle(std::make_shared<WireExchange>(
        std::move(request),
        [answer, lost](http::Response response) {
          if (lost) return answer(Error{Code::unavailable, "the connection was lost", {}});
          answer(std::move(response));
        },
        nullptr));
  }
  std::unique_ptr<http::Call> stream(http::Request request, Duration, http::StreamCallbacks callbacks) override {
    const auto stream = std::make_shared<WireStream>(server_.world.loop(), std::move(callbacks));
    if (!server_.up) {
      stream->end(Error{Code::unavailable, "connection refused", {}});
    } else {
      server_.streams.push_back(stream);
      server_.handle(std::make_shared<WireExchange>(
          std::move(request),
          [stream](const http::Response& response) {
            stream->head(response);
            stream->write(std::make_shared<const std::string>(response.body));
            stream->finish();
          },
          stream));
    }
    return std::make_unique<StreamCall>(stream);
  }

 private:
  class StreamCall final : public http::Call {
   public:
    explicit StreamCall(std::shared_ptr<WireStream> stream) : stream_(std::move(stream)) {}
    ~StreamCall() override { StreamCall::cancel(); }
    StreamCall(const StreamCall&) = delete;
    StreamCall& operator=(const StreamCall&) = delete;
    void cancel() override { stream_->drop(); }
    // The wire has no speed that would have to be held back.
    void pause() override {}
    void resume() override {}

   private:
    std::shared_ptr<WireStream> stream_;
  };

  WireServer& server_;
  std::shared_ptr<bool> here_ = std::make_shared<bool>(true);
};

}  // namespace muster::client::testing
