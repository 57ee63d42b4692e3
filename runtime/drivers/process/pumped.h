// What stands behind a Channel of this driver: a command, or a connection.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "runtime/drivers/base/driver.h"
#include "runtime/drivers/process/stream_pump.h"

namespace muster::drivers {

// Its own watches may keep it longer than the channel.
class Pumped {
 public:
  virtual ~Pumped() = default;
  bool write(std::string_view bytes) { return pump_ != nullptr && pump_->write(bytes); }
  std::size_t queued() const { return pump_ == nullptr ? 0 : pump_->queued(); }
  void pause() {
    if (pump_ != nullptr) pump_->pause();
  }
  void resume() {
    if (pump_ != nullptr) pump_->resume();
  }
  virtual void end_input() = 0;
  virtual void resize(int /*width*/, int /*height*/) {}
  // The channel has been dropped: it ends, and says nothing more.
  virtual void drop() = 0;

 protected:
  void stop_pump() {
    if (pump_ != nullptr) pump_->stop();
    pump_.reset();
  }

  std::shared_ptr<StreamPump> pump_;  // null before the start and after the end
};

// Dropping the channel drops it.
std::unique_ptr<Channel> channel_of(std::shared_ptr<Pumped> pumped);

}  // namespace muster::drivers
