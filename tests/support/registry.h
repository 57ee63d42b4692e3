// A real image registry on loopback: Debian's docker-registry, with or without a password.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "tests/support/background_process.h"
#include "tests/support/temporary_directory.h"

namespace muster::testing {

class Registry {
 public:
  enum class Access { open, password };
  static constexpr const char* user = "puller";
  static constexpr const char* password = "right-word";

  static bool installed() { return run_program({"sh", "-c", "command -v docker-registry"}).code == 0; }

  explicit Registry(Access access = Access::open) : port_(free_port()) {
    std::string config =
        "version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: " + (folder_ / "data") +
        "}}\nhttp: {addr: \"" + address() + "\"}\n";
    if (access == Access::password) {
      // Of the password above, by bcrypt with the least cost.
      write_text(folder_ / "htpasswd",
                 std::string(user) + ":$2b$04$gMS3V4sytRBZmnRDwlcVt.b0RGZ5h3wDZXMRlYZBjpPz0VeEVKz/y\n");
      config += "auth: {htpasswd: {realm: tests, path: " + (folder_ / "htpasswd") + "}}\n";
    }
    write_text(folder_ / "config.yml", config);
    start();
  }

  // "127.0.0.1:40000"
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  // Keeps its images.
  void stop() { process_.reset(); }
  void start() {
    process_ =
        std::make_unique<BackgroundProcess>(Command{"docker-registry", "serve", folder_ / "config.yml"}, Environment{});
    const bool up = eventually([this] {
      const Ran ran =
          run_program({"curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "http://" + address() + "/v2/"});
      return ran.out == "200" || ran.out == "401";
    });
    if (!up) std::fprintf(stderr, "the registry does not start: %s\n", process_->err().c_str());
  }
  // Docker's config.json for it.
  std::string docker_config(const std::string& name, const std::string& word) const {
    return R"({"auths": {")" + address() + R"(": {"username": ")" + name + R"(", "password": ")" + word + "\"}}}";
  }

 private:
  static int free_port() {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(socket, reinterpret_cast<const sockaddr*>(&address), size);
    ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
    ::close(socket);
    return ntohs(address.sin_port);
  }

  TemporaryDirectory folder_;
  const int port_;
  std::unique_ptr<BackgroundProcess> process_;
};

}  // namespace muster::testing
