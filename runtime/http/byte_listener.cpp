#include <utility>

#include "runtime/http/acceptor.h"
#include "runtime/http/byte_stream.h"
#include "runtime/http/raw_stream.h"

namespace muster::http {
namespace {

class Listener final : public ByteListener {
 public:
  explicit Listener(std::shared_ptr<Acceptor> acceptor) : acceptor_(std::move(acceptor)) {}
  ~Listener() override { acceptor_->close(); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  std::string address() const override { return acceptor_->address(); }

 private:
  std::shared_ptr<Acceptor> acceptor_;
};

}  // namespace

Result<std::unique_ptr<ByteListener>> listen_bytes(IoLoop& loop, const std::string& address, ByteStreamOptions options,
                                                   std::function<void(std::shared_ptr<ByteStream>)> accepted) {
  TRY(std::shared_ptr<Acceptor> acceptor, listen_on(loop, address, Presence::now));
  acceptor->start([&loop, options, accepted = std::move(accepted)](Socket socket) {
    accepted(make_raw_stream(loop, plain_transport(std::move(socket)), {}, options, nullptr)->handle());
  });
  return std::unique_ptr<ByteListener>(std::make_unique<Listener>(std::move(acceptor)));
}

}  // namespace muster::http
