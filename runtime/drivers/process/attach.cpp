// Attaching to a container of the process driver: what it prints from now on. Its output goes through its log, which
// outlives every agent, so that is what is followed. Its input is /dev/null.
#include <memory>
#include <utility>

#include "api/base/text.h"
#include "runtime/drivers/process/driver.h"
#include "runtime/drivers/process/refused.h"

namespace muster::drivers {

namespace {

constexpr std::string_view attach_error = "CannotAttachContainerError";

class Attached final : public Channel {
 public:
  explicit Attached(std::unique_ptr<Subscription> source) : source_(std::move(source)) {}

  bool write(std::string /*bytes*/) override { return false; }
  std::size_t queued() const override { return 0; }
  void end_input() override {}

 private:
  std::unique_ptr<Subscription> source_;
};

}  // namespace

std::unique_ptr<Channel> ProcessDriver::attach(std::string name, ProcessStreams streams, ChannelCallbacks callbacks) {
  const auto refuse = [&](Code code, std::string_view why) {
    return refused_channel(loop_, Error{code, str(attach_error, ": ", why), {}}, std::move(callbacks.on_end));
  };
  const Container* container = find(name);
  if (container == nullptr) return refuse(Code::not_found, str("no container ", name));
  if (container->phase != Phase::running) return refuse(Code::conflict, "the container does not run");
  if (streams.input)
    return refuse(Code::invalid, "the process driver gives a container no input: attach without it (no -i)");
  LogOptions options;
  options.follow = true;
  options.tail = 0;
  LogCallbacks log;
  log.on_bytes = [streams, on_bytes = std::move(callbacks.on_bytes)](std::string_view bytes, bool is_stderr) {
    if (on_bytes && (is_stderr ? streams.errors : streams.output)) on_bytes(bytes, is_stderr);
  };
  log.on_end = [this, name, on_end = std::move(callbacks.on_end)](Status end) {
    if (!on_end) return;
    if (!end.ok()) return on_end(std::move(end).error().under(attach_error));
    const Container* ended = find(name);
    on_end(ended != nullptr ? ended->exit_code.value_or(0) : 0);
  };
  return std::make_unique<Attached>(logs(std::move(name), options, std::move(log)));
}

}  // namespace muster::drivers
