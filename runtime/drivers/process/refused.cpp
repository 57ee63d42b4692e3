#include "runtime/drivers/process/refused.h"

#include <string>
#include <utility>

namespace muster::drivers {
namespace {

class Refused final : public Channel {
 public:
  Refused(Loop& loop, Error error, std::function<void(Result<int>)> on_end)
      : on_end_(std::make_shared<std::function<void(Result<int>)>>(std::move(on_end))) {
    loop.post([weak = std::weak_ptr(on_end_), error = std::move(error)] {
      if (const auto alive = weak.lock(); alive != nullptr && *alive) (*alive)(error);
    });
  }

  bool write(std::string /*bytes*/) override { return false; }
  std::size_t queued() const override { return 0; }
  void end_input() override {}

 private:
  std::shared_ptr<std::function<void(Result<int>)>> on_end_;
};

}  // namespace

std::unique_ptr<Channel> refused_channel(Loop& loop, Error error, std::function<void(Result<int>)> on_end) {
  return std::make_unique<Refused>(loop, std::move(error), std::move(on_end));
}

}  // namespace muster::drivers
