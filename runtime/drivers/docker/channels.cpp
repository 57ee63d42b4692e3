#include "runtime/drivers/docker/channels.h"

#include <utility>

#include "api/base/text.h"
#include "runtime/drivers/docker/streams.h"

namespace muster::drivers::docker {

namespace {

constexpr std::string_view exec_error = "CannotExecContainerError";
constexpr std::string_view attach_error = "CannotAttachContainerError";
constexpr std::string_view connect_error = "CannotConnectToContainerError";
constexpr std::size_t most_pending = 4U << 20U;  // input that waits for the connection
constexpr Duration connect_timeout = std::chrono::seconds(10);
constexpr Duration exit_interval = std::chrono::milliseconds(50);
constexpr int exit_looks = 40;

// What the three have in common: a stream of bytes that comes about later. Kept by the channel's handle and, once that
// has gone, by nobody.
class Line : public std::enable_shared_from_this<Line> {
 public:
  Line(std::shared_ptr<Engine> engine, const DockerOptions& options, std::string name, ChannelCallbacks callbacks)
      : engine_(std::move(engine)),
        timeout_(options.inspect_timeout),
        name_(std::move(name)),
        callbacks_(std::move(callbacks)) {}
  virtual ~Line() = default;
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  virtual void run() = 0;
  virtual void resize(int /*width*/, int /*height*/) {}

  bool write(std::string bytes) {
    if (over_ || input_ended_) return false;
    if (stream_) return stream_->send(std::move(bytes));
    if (pending_.size() + bytes.size() > most_pending) return false;
    pending_ += bytes;
    return true;
  }
  std::size_t queued() const { return stream_ ? stream_->queued() : pending_.size(); }
  virtual void end_input() {
    input_ended_ = true;
    if (stream_) stream_->finish();
  }
  void pause() {
    paused_ = true;
    if (stream_) stream_->pause();
  }
  void resume() {
    paused_ = false;
    if (stream_) stream_->resume();
  }
  void drop() {
    over_ = true;
    callbacks_ = {};
    stream_.reset();
  }

 protected:
  using Stream = std::shared_ptr<http::ByteStream>;

  // The callback while this lives and has not ended.
  template <class F>
  auto guard(F callback) {
    return [weak = weak_from_this(), callback = std::move(callback)](auto&&... arguments) {
      const auto self = weak.lock();
      if (self && !self->over_) callback(std::forward<decltype(arguments)>(arguments)...);
    };
  }

  void ask(const std::string& method, const std::string& path, std::string body, std::string_view error_name,
           std::string_view state, std::function<void(const http::Response&)> answered) {
    engine_->send(Engine::Lane::quick, method, path, std::move(body), timeout_,
                  guard([this, error_name, state, answered = std::move(answered)](Result<http::Response> response) {
                    if (response.ok()) return answered(*response);
                    end(no_answer(error_name, state, timeout_, std::move(response).error()));
                  }));
  }

  void take_over(const std::string& path, std::string body, std::string_view error_name) {
    engine_->take_over(path, std::move(body), timeout_, guard([this, error_name](Result<Stream> stream) {
                         if (stream.ok()) return connected(std::move(*stream));
                         http::Response refusal;
                         refusal.body = stream.error().message;
                         end(Error{stream.error().code, str(error_name, ": ", decode_error(refusal.body)), {}});
                       }));
  }

  void connected(Stream stream) {
    stream_ = std::move(stream);
    http::ByteStreamCallbacks callbacks;
    callbacks.on_bytes = guard([this](std::string_view bytes) { on_bytes(bytes); });
    callbacks.on_end = guard([this] { on_stream_end(); });
    callbacks.on_close = guard([this](const std::string& reason) { on_stream_close(reason); });
    stream_->start(std::move(callbacks));
    if (paused_) stream_->pause();
    if (!pending_.empty()) stream_->send(std::exchange(pending_, {}));
    if (input_ended_) stream_->finish();
    on_connected();
  }

  virtual void on_connected() {}
  virtual void on_bytes(std::string_view bytes) { emit(bytes, false); }
  virtual void on_stream_end() = 0;
  virtual void on_stream_close(const std::string& reason) = 0;

  void emit(std::string_view bytes, bool is_stderr) {
    // A copy: the callback may drop the channel.
    if (const auto callback = callbacks_.on_bytes; callback && !bytes.empty()) callback(bytes, is_stderr);
  }
  void output_end() {
    if (const auto callback = callbacks_.on_output_end) callback();
  }
  void end(Result<int> how) {
    if (std::exchange(over_, true)) return;
    stream_.reset();
    const auto callback = std::exchange(callbacks_, {}).on_end;
    if (callback) callback(std::move(how));
  }

  std::shared_ptr<Engine> engine_;
  const Duration timeout_;
  const std::string name_;
  Stream stream_;
  bool over_ = false;

 private:
  ChannelCallbacks callbacks_;
  std::string pending_;
  bool input_ended_ = false;
  bool paused_ = false;
};

// A process's output: framed, unless it has a terminal.
class ProcessLine : public Line {
 public:
  using Line::Line;

 protected:
  void on_bytes(std::string_view bytes) override {
    if (!framed_) return emit(bytes, false);
    const auto keep = shared_from_this();
    const bool understood = frames_.feed(bytes, [this](std::string_view content, Frames::Stream stream) {
      emit(content, stream == Frames::Stream::err || stream == Frames::Stream::system_error);
    });
    if (!understood) end(Error{Code::internal, "the framing of the process's output is broken", {}});
  }
  void on_stream_end() override { process_ended(); }
  void on_stream_close(const std::string& /*reason*/) override { process_ended(); }
  virtual void process_ended() = 0;

  bool framed_ = true;

 private:
  Frames frames_;
};

class Exec final : public ProcessLine {
 public:
  Exec(std::shared_ptr<Engine> engine, const DockerOptions& options, std::string name, ChannelCallbacks callbacks,
       std::vector<std::string> command, ProcessStreams streams)
      : ProcessLine(std::move(engine), options, std::move(name), std::move(callbacks)),
        command_(std::move(command)),
        streams_(streams) {}

  void run() override {
    framed_ = !streams_.terminal;
    Result<std::string> body = encode_exec(command_, streams_);
    if (!body.ok()) {
      return engine_->loop().post(guard([this, error = std::move(body).error()] { end(error); }));
    }
    ask("POST", container_path(name_, "/exec"), std::move(*body), exec_error, "made",
        [this](const http::Response& response) {
          if (response.status == 404) return end(refused("NoSuchContainerError", response));
          if (response.status != 201) return end(refused(exec_error, response));
          const Result<std::string> id = decode_exec(response.body);
          if (!id.ok()) return end(Error(id.error()).under(exec_error));
          path_ = "/exec/" + http::percent_encode(*id);
          take_over(path_ + "/start", encode_exec_start(streams_), exec_error);
        });
  }

  void resize(int width, int height) override {
    width_ = width;
    height_ = height;
    if (stream_) resize_now();
  }

 protected:
  // The size that came before the process was there.
  void on_connected() override {
    if (width_ > 0) resize_now();
  }
  void process_ended() override {
    stream_.reset();
    look();
  }

 private:
  // The engine refuses it when the process has not begun or has ended: then it does not matter.
  void resize_now() {
    engine_->send(Engine::Lane::quick, "POST", str(path_, "/resize?h=", height_, "&w=", width_), "", timeout_,
                  guard([this](const Result<http::Response>& response) {
                    if (response.ok() && response->status >= 300 && ++resizes_ < exit_looks) {
                      engine_->loop().after(exit_interval, guard([this] { resize_now(); }));
                    }
                  }));
  }

  // The stream ends before the engine has noted the exit code.
  void look() {
    ask("GET", path_ + "/json", "", exec_error, "inspected", [this](const http::Response& response) {
      if (response.status != 200) return end(refused(exec_error, response));
      const Result<std::optional<int>> code = decode_exec_end(response.body);
      if (!code.ok()) return end(Error(code.error()).under(exec_error));
      if (*code) return end(**code);
      if (++looks_ >= exit_looks) return end(Error{Code::internal, "the engine tells no exit code", {}});
      engine_->loop().after(exit_interval, guard([this] { look(); }));
    });
  }

  const std::vector<std::string> command_;
  const ProcessStreams streams_;
  std::string path_;
  int width_ = 0;
  int height_ = 0;
  int looks_ = 0;
  int resizes_ = 0;
};

class Attach final : public ProcessLine {
 public:
  Attach(std::shared_ptr<Engine> engine, const DockerOptions& options, std::string name, ChannelCallbacks callbacks,
         ProcessStreams streams)
      : ProcessLine(std::move(engine), options, std::move(name), std::move(callbacks)), streams_(streams) {}

  void run() override {
    ask("GET", container_path(name_, "/json"), "", attach_error, "described", [this](const http::Response& response) {
      if (response.status == 404) return end(refused("NoSuchContainerError", response));
      if (response.status != 200) return end(refused(attach_error, response));
      const Result<Inspected> container = decode_inspect(response.body);
      if (!container.ok()) return end(Error(container.error()).under(attach_error));
      if (container->state.phase != ContainerPhase::running) {
        return end(Error{Code::conflict, str(attach_error, ": the container does not run"), {}});
      }
      framed_ = !container->has_terminal;
      std::string path = container_path(name_, "/attach?stream=true");
      if (streams_.input) path += "&stdin=true";
      if (streams_.output) path += "&stdout=true";
      if (streams_.errors) path += "&stderr=true";
      take_over(path, "", attach_error);
    });
  }

  void resize(int width, int height) override {
    width_ = width;
    height_ = height;
    if (stream_) resize_now();
  }

  // The container's input stays open for who comes next; the engine would end our output with our input.
  void end_input() override {}

 protected:
  void on_connected() override {
    if (width_ > 0) resize_now();
  }
  void process_ended() override { end(0); }

 private:
  void resize_now() {
    engine_->send(Engine::Lane::quick, "POST", container_path(name_, str("/resize?h=", height_, "&w=", width_)), "",
                  timeout_, [](const Result<http::Response>& /*it is a nicety*/) {});
  }

  const ProcessStreams streams_;
  int width_ = 0;
  int height_ = 0;
};

class PortLine final : public Line {
 public:
  PortLine(std::shared_ptr<Engine> engine, const DockerOptions& options, std::string name, ChannelCallbacks callbacks,
           int port)
      : Line(std::move(engine), options, std::move(name), std::move(callbacks)), port_(port) {}

  void run() override {
    ask("GET", container_path(name_, "/json"), "", connect_error, "described", [this](const http::Response& response) {
      if (response.status == 404) return end(refused("NoSuchContainerError", response));
      if (response.status != 200) return end(refused(connect_error, response));
      const Result<Inspected> container = decode_inspect(response.body);
      if (!container.ok()) return end(Error(container.error()).under(connect_error));
      if (container->network_mode == "none") {
        return end(
            Error{Code::invalid, str(connect_error, ": the task has network mode none: nothing can be reached"), {}});
      }
      const bool on_host = container->network_mode == "host";
      const std::string address = on_host ? "127.0.0.1" : container->state.ip_address;
      if (address.empty())
        return end(Error{Code::conflict, str(connect_error, ": the container has no address: it does not run"), {}});
      http::ByteStreamOptions options;
      options.write_timeout = Duration::zero();
      http::connect_bytes(engine_->loop(), address, port_, connect_timeout, options,
                          guard([this](Result<Stream> stream) {
                            if (stream.ok()) return connected(std::move(*stream));
                            end(std::move(stream).error().under(connect_error));
                          }));
    });
  }

 protected:
  void on_stream_end() override { output_end(); }
  void on_stream_close(const std::string& reason) override {
    if (reason == "closed") return end(0);
    end(Error{Code::unavailable, str(connect_error, ": ", reason), {}});
  }

 private:
  const int port_;
};

class Handle final : public Channel {
 public:
  explicit Handle(std::shared_ptr<Line> line) : line_(std::move(line)) { line_->run(); }
  ~Handle() override { line_->drop(); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  bool write(std::string bytes) override { return line_->write(std::move(bytes)); }
  std::size_t queued() const override { return line_->queued(); }
  void end_input() override { line_->end_input(); }
  void resize(int width, int height) override { line_->resize(width, height); }
  void pause() override { line_->pause(); }
  void resume() override { line_->resume(); }

 private:
  std::shared_ptr<Line> line_;
};

}  // namespace

std::unique_ptr<Channel> open_exec(std::shared_ptr<Engine> engine, const DockerOptions& options,
                                   const std::string& name, const std::vector<std::string>& command,
                                   ProcessStreams streams, ChannelCallbacks callbacks) {
  return std::make_unique<Handle>(
      std::make_shared<Exec>(std::move(engine), options, name, std::move(callbacks), command, streams));
}

std::unique_ptr<Channel> open_attach(std::shared_ptr<Engine> engine, const DockerOptions& options,
                                     const std::string& name, ProcessStreams streams, ChannelCallbacks callbacks) {
  return std::make_unique<Handle>(
      std::make_shared<Attach>(std::move(engine), options, name, std::move(callbacks), streams));
}

std::unique_ptr<Channel> open_connection(std::shared_ptr<Engine> engine, const DockerOptions& options,
                                         const std::string& name, int port, ChannelCallbacks callbacks) {
  return std::make_unique<Handle>(
      std::make_shared<PortLine>(std::move(engine), options, name, std::move(callbacks), port));
}

}  // namespace muster::drivers::docker
