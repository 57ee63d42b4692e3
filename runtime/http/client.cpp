#include "runtime/http/client.h"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "api/base/text.h"
#include "runtime/http/address.h"
#include "runtime/http/client_connection.h"
#include "runtime/http/client_take_over.h"
#include "runtime/http/web_socket_session.h"

namespace muster::http {

struct Client::State final : public ClientPool, public std::enable_shared_from_this<State> {
  State(IoLoop& io_loop, Result<Base> where, ClientOptions client_options)
      : loop(io_loop), base(std::move(where)), options(std::move(client_options)) {
    if (!base.ok() || !base->encrypted) return;
    if (options.tls) {
      tls = options.tls;
      return;
    }
    auto made = TlsClient::make({});
    if (made.ok())
      tls = std::move(made).value();
    else
      base = std::move(made).error();
  }

  // ---- a call's way

  void start(const std::shared_ptr<ClientCall>& call, Duration timeout) {
    calls.emplace(call.get(), call);
    call->timer = loop.after(timeout, [weak = weak_from_this(), call] {
      const auto self = weak.lock();
      if (!self) return;
      call->timer = 0;
      self->end_with(call, Error{Code::timeout, "no answer in time", {}});
    });
    if (!base.ok()) return fail_soon(call, base.error());
    if (!call->streaming) {
      if (active >= options.max_connections) return waiting.push_back(call);
      ++active;
      call->counted = true;
    }
    dispatch(call);
  }

  void dispatch(const std::shared_ptr<ClientCall>& call) {
    while (!idle.empty()) {
      const std::shared_ptr<ClientConnection> connection = std::move(idle.back());
      idle.pop_back();
      if (!connection->usable()) {
        connection->close();
        continue;
      }
      return attach(call, connection);
    }
    call->connecting = connect_to(loop, *base, tls, options.connect_timeout, [this, call](auto transport) {
      const std::unique_ptr<Connecting> done = std::move(call->connecting);
      if (!transport.ok()) return end_with(call, std::move(transport).error());
      auto connection = std::make_shared<ClientConnection>(*this, std::move(transport).value());
      connections.emplace(connection.get(), connection);
      attach(call, connection);
    });
  }

  static void attach(const std::shared_ptr<ClientCall>& call, const std::shared_ptr<ClientConnection>& connection) {
    call->connection = connection;
    connection->run(call);
  }

  // From the loop: a caller must not hear the answer from inside its own call.
  void fail_soon(const std::shared_ptr<ClientCall>& call, Error error) {
    loop.post([weak = weak_from_this(), call, error = std::move(error)] {
      if (const auto self = weak.lock()) self->end_with(call, error);
    });
  }

  // The last word, unless it has been said or the call was cancelled.
  void end_with(const std::shared_ptr<ClientCall>& call, Result<Response> outcome) {
    if (call->finished) return;
    const auto self = shared_from_this();
    release(call);
    if (call->streaming) {
      const auto on_end = std::move(call->callbacks.on_end);
      call->callbacks = {};
      if (on_end) on_end(outcome.ok() ? Status() : Status(std::move(outcome).error()));
    } else if (const auto done = std::exchange(call->done, nullptr)) {
      done(std::move(outcome));
    }
  }

  void release(const std::shared_ptr<ClientCall>& call) {
    call->finished = true;
    loop.cancel(std::exchange(call->timer, 0));
    call->connecting.reset();
    if (const auto connection = std::exchange(call->connection, nullptr)) connection->close();
    calls.erase(call.get());
    if (!std::exchange(call->counted, false)) return;
    --active;
    if (!alive) return;
    while (!waiting.empty() && active < options.max_connections) {
      const std::shared_ptr<ClientCall> next = waiting.front();
      waiting.pop_front();
      if (next->finished) continue;
      ++active;
      next->counted = true;
      // From the loop, when the connection of the call that has just ended is in the pool again.
      loop.post([weak = weak_from_this(), next] {
        const auto self = weak.lock();
        if (self && self->alive && !next->finished) self->dispatch(next);
      });
    }
  }

  void destroy() {
    alive = false;
    while (!calls.empty()) {
      const std::shared_ptr<ClientCall> call = calls.begin()->second;
      release(call);
      call->done = nullptr;
      call->callbacks = {};
    }
    waiting.clear();
    idle.clear();
    while (!connections.empty()) {
      const std::shared_ptr<ClientConnection> connection = connections.begin()->second;
      connection->close();
    }
    connecting_sockets.clear();
    while (!sockets.empty()) {
      const auto session = sockets.begin()->second.lock();
      sockets.erase(sockets.begin());
      if (session) session->abort("the client has ended");
    }
  }

  // ---- ClientPool

  void answer_complete(const std::shared_ptr<ClientCall>& call, Response response) override {
    end_with(call, std::move(response));
  }

  void answer_failed(const std::shared_ptr<ClientCall>& call, Error error, bool untouched) override {
    // The peer closed an idle connection while the request was on its way: that says nothing about the peer.
    if (untouched && call->idempotent && !call->retried && !call->finished) {
      call->retried = true;
      return dispatch(call);
    }
    end_with(call, std::move(error));
  }

  void reusable(std::shared_ptr<ClientConnection> connection) override {
    if (!alive || idle.size() >= options.max_connections) return connection->close();
    idle.push_back(std::move(connection));
  }

  void connection_closed(const ClientConnection& connection) override {
    connections.erase(&connection);
    const auto found =
        std::find_if(idle.begin(), idle.end(), [&](const auto& each) { return each.get() == &connection; });
    if (found != idle.end()) idle.erase(found);
  }

  std::size_t max_body_bytes() const override { return options.max_body_bytes; }
  void cancel_timer(Loop::Timer timer) override { loop.cancel(timer); }
  std::array<char, 64U << 10U>& scratch() override { return read_buffer; }

  // ---- WebSocket

  using Connected = std::function<void(Result<std::shared_ptr<WebSocket>>)>;

  void connect(Request request, Duration timeout, Connected done) {
    if (!base.ok()) {
      loop.post([weak = weak_from_this(), done = std::move(done)] {
        if (const auto self = weak.lock()) done(self->base.error());
      });
      return;
    }
    const std::uint64_t number = ++last_connecting;
    const Duration deadline = loop.monotonic() + timeout;
    auto attempt = connect_to(loop, *base, tls, std::min(timeout, options.connect_timeout),
                              [this, number, deadline, request = std::move(request),
                               done = std::move(done)](Result<std::unique_ptr<Transport>> transport) mutable {
                                const auto self = shared_from_this();
                                const auto node = connecting_sockets.extract(number);
                                if (!transport.ok()) return done(std::move(transport).error());
                                handshake(std::move(request), deadline, std::move(transport).value(), done);
                              });
    connecting_sockets.emplace(number, std::move(attempt));
  }

  void handshake(Request request, Duration deadline, std::unique_ptr<Transport> transport, const Connected& done) {
    SessionOptions session_options;
    session_options.max_message_bytes = options.max_message_bytes;
    session_options.max_queued_bytes = options.max_queued_bytes;
    session_options.handshake_timeout = std::max<Duration>(deadline - loop.monotonic(), std::chrono::milliseconds(1));
    session_options.idle_timeout = options.idle_timeout;
    session_options.write_timeout = options.idle_timeout;
    WebSocketSession::Hooks hooks;
    hooks.call_soon = [this_loop = &loop, weak = weak_from_this()](std::function<void()> callback) {
      this_loop->post([weak, callback = std::move(callback)] {
        if (!weak.expired()) callback();
      });
    };
    hooks.ended = [weak = weak_from_this()](const WebSocketSession& session) {
      if (const auto self = weak.lock()) self->sockets.erase(&session);
    };
    auto session = make_session(loop, std::move(transport), {}, session_options, std::move(hooks));
    sockets.emplace(session.get(), session);
    session->handshake(std::move(request), base->authority, [weak = std::weak_ptr(session), done](Status status) {
      const auto opened = weak.lock();
      if (!status.ok()) return done(std::move(status).error());
      if (opened) done(opened->handle());
    });
  }

  IoLoop& loop;
  Result<Base> base;
  const ClientOptions options;
  std::shared_ptr<const TlsClient> tls;  // of an encrypted base
  bool alive = true;
  std::size_t active = 0;  // calls that hold a connection, streams not counted
  std::map<const ClientCall*, std::shared_ptr<ClientCall>> calls;
  std::deque<std::shared_ptr<ClientCall>> waiting;
  std::vector<std::shared_ptr<ClientConnection>> idle;
  std::map<const ClientConnection*, std::shared_ptr<ClientConnection>> connections;
  std::map<const WebSocketSession*, std::weak_ptr<WebSocketSession>> sockets;
  std::map<std::uint64_t, std::unique_ptr<Connecting>> connecting_sockets;
  std::uint64_t last_connecting = 0;
  std::array<char, 64U << 10U> read_buffer;
};

namespace {

Error unsendable() {
  return Error{Code::invalid, "the request has a character that HTTP does not allow", {}};
}

}  // namespace

Client::Client(IoLoop& loop, const std::string& base, ClientOptions options)
    : state_(std::make_shared<State>(loop, parse_base(base), std::move(options))) {}

Client::~Client() {
  state_->destroy();
}

void Client::send(Request request, Duration timeout, std::function<void(Result<Response>)> done) {
  auto call = std::make_shared<ClientCall>();
  call->done = std::move(done);
  const std::string authority = state_->base.ok() ? state_->base->authority : std::string();
  const bool good = encode_request(std::move(request), authority, *call);
  if (!good) return state_->fail_soon(call, unsendable());
  state_->start(call, timeout);
}

namespace {

class StreamCall final : public Call {
 public:
  StreamCall(std::shared_ptr<ClientCall> call, std::function<void()> give_up)
      : call_(std::move(call)), give_up_(std::move(give_up)) {}
  ~StreamCall() override { StreamCall::cancel(); }
  void cancel() override {
    if (const auto give_up = std::exchange(give_up_, nullptr)) give_up();
  }
  void pause() override { call_->paused = true; }
  void resume() override {
    if (std::exchange(call_->paused, false) && call_->connection) call_->connection->wait_to_read();
  }

 private:
  std::shared_ptr<ClientCall> call_;
  std::function<void()> give_up_;
};

}  // namespace

std::unique_ptr<Call> Client::stream(Request request, Duration head_timeout, StreamCallbacks callbacks) {
  auto call = std::make_shared<ClientCall>();
  call->streaming = true;
  call->callbacks = std::move(callbacks);
  auto handle = std::make_unique<StreamCall>(call, [weak = std::weak_ptr(state_), call] {
    if (call->finished) return;
    call->finished = true;
    const auto state = weak.lock();
    if (!state) return;
    // The call may be cancelled from inside one of its own callbacks, which must outlive that.
    state->release(call);
    state->loop.post([dying = std::make_shared<StreamCallbacks>(std::move(call->callbacks))] {});
  });
  const std::string authority = state_->base.ok() ? state_->base->authority : std::string();
  if (encode_request(std::move(request), authority, *call)) {
    state_->start(call, head_timeout);
  } else {
    state_->fail_soon(call, unsendable());
  }
  return handle;
}

void Client::connect(Request request, Duration timeout, std::function<void(Result<std::shared_ptr<WebSocket>>)> done) {
  state_->connect(std::move(request), timeout, std::move(done));
}

void Client::take_over(Request request, Duration timeout,
                       std::function<void(Result<std::shared_ptr<ByteStream>>)> done) {
  ClientCall call;
  const std::string authority = state_->base.ok() ? state_->base->authority : std::string();
  request.headers.emplace_back("Connection", "Upgrade");
  if (!state_->base.ok() || !encode_request(std::move(request), authority, call)) {
    Error error = state_->base.ok() ? unsendable() : state_->base.error();
    return state_->loop.post([done = std::move(done), error = std::move(error)] { done(error); });
  }
  std::string bytes = std::move(call.head);
  if (call.body) bytes += *call.body;
  ByteStreamOptions options;
  options.max_queued_bytes = state_->options.max_queued_bytes;
  options.write_timeout = Duration::zero();  // who reads it may be a program that takes its time
  take_connection(state_->loop, *state_->base, state_->tls, std::move(bytes), timeout, options, std::move(done));
}

Result<Response> fetch(const std::string& base, Request request, Duration timeout, ClientOptions options) {
  IoLoop loop;
  std::optional<Result<Response>> outcome;
  {
    Client client(loop, base, std::move(options));
    client.send(std::move(request), timeout, [&](Result<Response> answer) {
      outcome.emplace(std::move(answer));
      loop.stop();
    });
    loop.run();
  }
  if (!outcome) return Error{Code::unavailable, "the request was given up", {}};
  return std::move(*outcome);
}

}  // namespace muster::http
