#include "tests/bench/load/engine.h"

#include "api/base/text.h"

namespace muster::bench {

const char* const command_json = R"(["sh","-c","trap 'exit 0' TERM; sleep 1000000 & wait"])";

Status Engine::call(const std::string& method, const std::string& path, std::string body) {
  http::Request request;
  request.method = method;
  request.target = path;
  request.headers.emplace_back("Content-Type", "application/json");
  request.body = std::move(body);
  TRY(const auto reply, api_.send(std::move(request), std::chrono::seconds(60)));
  const int status = reply.response.status;
  if (status >= 200 && status < 400) return {};
  return Error{Code::unavailable, str(method, ' ', path, ": ", status, ' ', reply.response.body.substr(0, 200)), {}};
}

Status Engine::create_and_start(const std::string& name) {
  TRY_VOID(call("POST", str("/containers/create?name=", name),
                str(R"({"Image":")", image_, R"(","Cmd":)", command_json,
                    R"(,"HostConfig":{"NetworkMode":"host","Memory":33554432}})")));
  return call("POST", str("/containers/", name, "/start"), {});
}

Status Engine::kill(const std::string& id) {
  return call("POST", str("/containers/", id, "/kill"), {});
}

Status Engine::remove(const std::string& name) {
  return call("DELETE", str("/containers/", name, "?force=true"), {});
}

}  // namespace muster::bench
