#include "runtime/drivers/process/pumped.h"

namespace muster::drivers {
namespace {

class Handle final : public Channel {
 public:
  explicit Handle(std::shared_ptr<Pumped> pumped) : pumped_(std::move(pumped)) {}
  ~Handle() override { pumped_->drop(); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  bool write(std::string bytes) override { return pumped_->write(bytes); }
  std::size_t queued() const override { return pumped_->queued(); }
  void end_input() override { pumped_->end_input(); }
  void resize(int width, int height) override { pumped_->resize(width, height); }
  void pause() override { pumped_->pause(); }
  void resume() override { pumped_->resume(); }

 private:
  std::shared_ptr<Pumped> pumped_;
};

}  // namespace

std::unique_ptr<Channel> channel_of(std::shared_ptr<Pumped> pumped) {
  return std::make_unique<Handle>(std::move(pumped));
}

}  // namespace muster::drivers
