// Callbacks that do nothing once their owner is gone.
#pragma once

#include <memory>
#include <utility>

namespace muster {

class Life {
 public:
  // The callback as a driver, a loop or a link may keep it: not run after this Life's end.
  template <class F>
  auto guard(F callback) const {
    return [token = std::weak_ptr<const char>(token_), callback = std::move(callback)](auto&&... arguments) {
      if (!token.expired()) callback(std::forward<decltype(arguments)>(arguments)...);
    };
  }

 private:
  std::shared_ptr<const char> token_ = std::make_shared<const char>('\0');
};

}  // namespace muster
