// Exec and attach over SPDY: one stream each for errors, input, output, error output and the terminal's size.
#include <utility>

#include "runtime/server/spdy_connection.h"

namespace muster::server {
namespace {

using spdy::More;
using spdy::StreamId;

constexpr Duration streams_timeout = std::chrono::seconds(30);

// The ids; 0: not there.
struct Ids {
  StreamId status = 0, input = 0, output = 0, errors = 0, resize = 0;
};

class SpdyEnd final : public UserEnd {
 public:
  SpdyEnd(std::shared_ptr<SpdyConnection> connection, Ids ids) : connection_(std::move(connection)), ids_(ids) {}
  ~SpdyEnd() override {
    start({});
    resume();
    connection_->close();
  }
  SpdyEnd(const SpdyEnd&) = delete;
  SpdyEnd& operator=(const SpdyEnd&) = delete;

  void start(UserCallbacks callbacks) override {
    if (ids_.input != 0) connection_->listen(ids_.input, {callbacks.on_input, callbacks.on_input_end, nullptr});
    if (ids_.resize != 0) {
      connection_->listen(ids_.resize, {[on_resize = callbacks.on_resize](std::string_view bytes) {
                                          const auto size = parse_size(bytes);
                                          if (size && on_resize) on_resize(*size);
                                        },
                                        nullptr, nullptr});
    }
    connection_->listen(ids_.status, {nullptr, nullptr, callbacks.on_gone});
  }

  void write(Output which, std::string_view bytes) override {
    connection_->data(which == Output::out ? ids_.output : ids_.errors, bytes, More::follows);
  }
  void finish(const protocol::StreamEnd& end) override {
    for (const StreamId id : {ids_.output, ids_.errors}) connection_->data(id, {}, More::ends);
    connection_->data(ids_.status, end_status(end), More::ends);
  }
  std::size_t queued() const override { return connection_->queued(); }

 private:
  void pause_input() override { connection_->pause(); }
  void resume_input() override { connection_->resume(); }

  std::shared_ptr<SpdyConnection> connection_;
  const Ids ids_;
};

struct Waiting {
  Ids ids;
  bool input, output, errors, terminal;
  std::function<void(std::unique_ptr<UserEnd>)> ready;
  Loop::Timer timer = 0;

  StreamId* of(std::string_view type) {
    if (type == "error") return &ids.status;
    if (type == "stdin" && input) return &ids.input;
    if (type == "stdout" && output) return &ids.output;
    if (type == "stderr" && errors) return &ids.errors;
    if (type == "resize" && terminal) return &ids.resize;
    return nullptr;
  }
  bool complete() const {
    return ids.status != 0 && (!input || ids.input != 0) && (!output || ids.output != 0) &&
           (!errors || ids.errors != 0) && (!terminal || ids.resize != 0);
  }
};

}  // namespace

void spdy_end(Loop& loop, std::shared_ptr<http::ByteStream> bytes, bool input, bool output, bool errors, bool terminal,
              std::function<void(std::unique_ptr<UserEnd>)> ready) {
  spdy::Limits limits;
  limits.streams = 8;
  const auto connection = std::make_shared<SpdyConnection>(loop, std::move(bytes), limits);
  const auto waiting = std::make_shared<Waiting>();
  waiting->input = input;
  waiting->output = output;
  waiting->errors = errors;
  waiting->terminal = terminal;
  waiting->ready = std::move(ready);
  const std::weak_ptr<SpdyConnection> weak = connection;
  const auto give_up = [waiting, weak] {
    if (const auto open = weak.lock()) open->close();
    if (const auto tell = std::exchange(waiting->ready, nullptr)) tell(nullptr);
  };
  waiting->timer = loop.after(streams_timeout, give_up);
  connection->start(
      [&loop, waiting, weak](StreamId id, const spdy::Headers& headers) {
        StreamId* const place = waiting->of(spdy::header(headers, "streamtype"));
        if (place == nullptr || *place != 0) return false;
        *place = id;
        if (!waiting->complete()) return true;
        loop.cancel(waiting->timer);
        const auto open = weak.lock();
        if (const auto tell = std::exchange(waiting->ready, nullptr); tell && open)
          tell(std::make_unique<SpdyEnd>(open, waiting->ids));
        return true;
      },
      [&loop, waiting, give_up] {
        loop.cancel(waiting->timer);
        give_up();
      });
}

}  // namespace muster::server
