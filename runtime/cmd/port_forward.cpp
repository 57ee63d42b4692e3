// muster port-forward
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>

#include "api/base/text.h"
#include "runtime/client/port_forward.h"
#include "runtime/cmd/task_words.h"
#include "runtime/cmd/verbs.h"

namespace muster::cmd {
namespace {

struct Ports {
  std::int64_t local = 0, remote = 0;
};

// "8080:80", "80", ":80".
Result<Ports> parse_ports(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view remote = colon == std::string_view::npos ? text : text.substr(colon + 1);
  std::string_view local = colon == std::string_view::npos ? text : text.substr(0, colon);
  if (local.empty()) local = "0";
  const auto from = parse_int(local);
  const auto to = parse_int(remote);
  if (!from || !to || *from < 0 || *from > 65'535 || *to < 1 || *to > 65'535) {
    return Error{Code::malformed, str("\"", text, "\" is no port: write LOCAL:REMOTE, REMOTE, or :REMOTE for any"), {}};
  }
  return Ports{*from, *to};
}

// An IPv6 address stands in brackets before a port.
std::string with_port(const std::string& host, std::int64_t port) {
  return host.find(':') == std::string::npos ? str(host, ":", port) : str("[", host, "]:", port);
}

int run(const Arguments& arguments) {
  const Verb& verb = port_forward_verb();
  if (arguments.words.size() < 2) {
    return fail_usage(verb, Error{Code::malformed, "name a task and a port: port-forward TASK LOCAL:REMOTE", {}});
  }
  std::vector<Ports> all;
  for (std::size_t i = 1; i < arguments.words.size(); ++i) {
    const auto ports = parse_ports(arguments.words[i]);
    if (!ports.ok()) return fail_usage(verb, ports.error());
    all.push_back(*ports);
  }
  if (const auto reference = parse_task_word(arguments.words[0]); !reference.ok()) {
    return fail_usage(verb, reference.error());
  }
  auto session = connect(arguments);
  if (!session.ok()) return fail(session.error());
  const auto name = running_task(*session, arguments.words[0]);
  if (!name.ok()) return fail(name.error());
  // What is wrong with the task is told before anything listens.
  if (const auto task = fetch(*session, kind_of<Task>(), *name); !task.ok()) return fail(task.error());

  std::vector<std::unique_ptr<client::PortForward>> forwards;
  std::optional<Error> failure;
  session->api->run([&](http::IoLoop& loop) {
    loop.on_signals({SIGINT, SIGTERM, SIGHUP}, [&loop](int) { loop.stop(); });
    for (const Ports& ports : all) {
      client::ForwardOptions options;
      options.path = task_path(*session, *name, "portforward");
      options.listen = with_port(arguments.get("address", "127.0.0.1"), ports.local);
      options.port = static_cast<std::uint16_t>(ports.remote);
      options.on_problem = [port = ports.remote](const Error& error) {
        std::fprintf(stderr, "muster: port %d: %s\n", static_cast<int>(port), error.text().c_str());
      };
      auto forward = client::forward_port(*session->api, loop, std::move(options));
      if (!forward.ok()) {
        failure = std::move(forward).error();
        return loop.stop();
      }
      std::printf("Forwarding from %s -> %s port %d\n", (*forward)->address().c_str(), name->c_str(),
                  static_cast<int>(ports.remote));
      forwards.push_back(std::move(*forward));
    }
    flush_output();
  });
  forwards.clear();
  return failure ? fail(*failure) : exit_code::ok;
}

}  // namespace

const Verb& port_forward_verb() {
  static const Verb verb{"port-forward",
                         "TASK | service/NAME [LOCAL:]REMOTE ...",
                         "reach a port of a task from here",
                         "Listens on this machine and passes each connection on to the port of the task,\n"
                         "on whatever host that runs. Until it is interrupted.\n\n"
                         "  muster port-forward service/web 8080:80\n"
                         "  muster port-forward task/web-0-0-1a2b3c4d :80\n",
                         client_options({{"address", 0, "IP", "Listen on this address (default 127.0.0.1)."}}),
                         &run};
  return verb;
}

}  // namespace muster::cmd
