#include "runtime/drivers/docker/volumes.h"

#include <utility>

#include "api/base/text.h"

namespace muster::drivers::docker {
namespace {

constexpr std::string_view cannot_create = "CannotCreateVolumeError";
constexpr std::string_view cannot_remove = "CannotRemoveVolumeError";
constexpr std::string_view cannot_describe = "CannotDescribeVolumeError";

class EngineVolumes final : public Volumes {
 public:
  EngineVolumes(std::shared_ptr<Engine> engine, const DockerOptions& options)
      : engine_(std::move(engine)),
        quick_(options.inspect_timeout),
        creation_(options.create_timeout),
        removal_(options.remove_timeout) {}

  void create_volume(VolumeConfig config, DoneVoid done) override {
    Result<std::string> body = encode_volume(config);
    if (!body.ok()) {
      engine_->loop().post([life = std::weak_ptr<Life>(life_), done = std::move(done),
                            error = std::move(body).error().under(cannot_create)] {
        if (!life.expired()) done(error);
      });
      return;
    }
    ask(Engine::Lane::waiting, "POST", "/volumes/create", std::move(*body), creation_, cannot_create, "created", done,
        [done](const http::Response& response) {
          if (response.status == 200 || response.status == 201) return done({});
          done(refused(cannot_create, response));
        });
  }

  void volume_present(std::string name, Done<bool> done) override {
    ask(Engine::Lane::quick, "GET", "/volumes/" + http::percent_encode(name), "", quick_, cannot_describe, "described",
        done, [done](const http::Response& response) {
          if (response.status == 404) return done(false);
          if (response.status != 200) return done(refused(cannot_describe, response));
          done(true);
        });
  }

  void list_volumes(std::map<std::string, std::string> labels, Done<std::vector<std::string>> done) override {
    std::string path = "/volumes";
    if (!labels.empty()) path += "?filters=" + http::percent_encode(encode_filters(labels, ""));
    ask(Engine::Lane::quick, "GET", path, "", quick_, cannot_describe, "listed", done,
        [done](const http::Response& response) {
          if (response.status != 200) return done(refused(cannot_describe, response));
          Result<std::vector<std::string>> names = decode_volumes(response.body);
          done(names.ok() ? std::move(names)
                          : Result<std::vector<std::string>>(std::move(names).error().under(cannot_describe)));
        });
  }

  void remove_volume(std::string name, DoneVoid done) override {
    ask(Engine::Lane::waiting, "DELETE", "/volumes/" + http::percent_encode(name), "", removal_, cannot_remove,
        "removed", done, [done](const http::Response& response) {
          if (response.status == 204 || response.status == 404) return done({});
          done(refused(cannot_remove, response));
        });
  }

 private:
  using Answered = std::function<void(const http::Response&)>;

  // Sends; without an answer `fail` hears why, under the error's name.
  void ask(Engine::Lane lane, const std::string& method, const std::string& path, std::string body, Duration timeout,
           std::string_view error_name, std::string_view state, std::function<void(Error)> fail, Answered answered) {
    engine_->send(lane, method, path, std::move(body), timeout,
                  [life = std::weak_ptr<Life>(life_), timeout, error_name, state, fail = std::move(fail),
                   answered = std::move(answered)](Result<http::Response> response) {
                    if (life.expired()) return;
                    if (response.ok()) return answered(*response);
                    fail(no_answer(error_name, state, timeout, std::move(response).error()));
                  });
  }

  std::shared_ptr<Engine> engine_;
  Duration quick_, creation_, removal_;
  std::shared_ptr<Life> life_ = std::make_shared<Life>();
};

}  // namespace

std::unique_ptr<Volumes> make_volumes(std::shared_ptr<Engine> engine, const DockerOptions& options) {
  return std::make_unique<EngineVolumes>(std::move(engine), options);
}

}  // namespace muster::drivers::docker
