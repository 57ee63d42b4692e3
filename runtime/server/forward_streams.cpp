#include <map>
#include <string>
#include <utility>

#include "api/base/limits.h"
#include "api/base/text.h"
#include "runtime/server/forwards.h"
#include "runtime/server/spdy_connection.h"

namespace muster::server {
namespace {

using spdy::More;
using spdy::StreamId;

class StreamForward final : public UserEnd {
 public:
  StreamForward(std::shared_ptr<SpdyConnection> connection, StreamId data, StreamId errors)
      : connection_(std::move(connection)), data_(data), errors_(errors) {}
  ~StreamForward() override {
    connection_->forget(data_);
    connection_->reset(data_);
    connection_->reset(errors_);
    resume();
  }
  StreamForward(const StreamForward&) = delete;
  StreamForward& operator=(const StreamForward&) = delete;

  void start(UserCallbacks callbacks) override {
    connection_->listen(data_, {callbacks.on_input, callbacks.on_input_end, callbacks.on_gone});
  }
  void write(Output /*which*/, std::string_view bytes) override { connection_->data(data_, bytes, More::follows); }
  bool end_output() override {
    connection_->data(data_, {}, More::ends);
    // kubectl closes its own connection only when both streams have ended.
    connection_->data(errors_, {}, More::ends);
    return true;
  }
  void finish(const protocol::StreamEnd& end) override {
    connection_->data(errors_, end.error, More::ends);
    connection_->data(data_, {}, More::ends);
  }
  std::size_t queued() const override { return connection_->queued(); }

 private:
  void pause_input() override { connection_->pause(); }
  void resume_input() override { connection_->resume(); }

  std::shared_ptr<SpdyConnection> connection_;
  const StreamId data_, errors_;
};

struct Half {
  StreamId errors = 0, data = 0;
};

}  // namespace

void forward_streams(Loop& loop, std::shared_ptr<http::ByteStream> bytes, OnForward on_forward) {
  spdy::Limits limits;
  limits.streams = 2 * limits::forwarded_connections;
  const auto connection = std::make_shared<SpdyConnection>(loop, std::move(bytes), limits);
  const auto halves = std::make_shared<std::map<std::string, Half, std::less<>>>();  // by requestid
  connection->start(
      [halves, weak = std::weak_ptr(connection), on_forward = std::move(on_forward)](StreamId id,
                                                                                     const spdy::Headers& headers) {
        const auto port = parse_int(spdy::header(headers, "port"));
        const std::string_view type = spdy::header(headers, "streamtype");
        if (!port || *port < 1 || *port > 65'535 || (type != "error" && type != "data")) return false;
        // Clients before request ids gave the data stream the id after that of the errors; none of those is served.
        const std::string request(spdy::header(headers, "requestid"));
        if (request.empty() || halves->size() >= limits::forwarded_connections) return false;
        Half& half = (*halves)[request];
        StreamId& place = type == "error" ? half.errors : half.data;
        if (place != 0) return false;
        place = id;
        if (half.errors == 0 || half.data == 0) return true;
        const Half whole = half;
        halves->erase(request);
        if (const auto open = weak.lock())
          on_forward(static_cast<int>(*port), std::make_unique<StreamForward>(open, whole.data, whole.errors));
        return true;
      },
      nullptr);
}

}  // namespace muster::server
