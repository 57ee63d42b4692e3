#include "runtime/client/fill.h"

#include <algorithm>
#include <string>
#include <utility>

#include "api/base/text.h"
#include "api/schema/json.h"
#include "runtime/client/api_client.h"

namespace muster::client {

struct Fill::State : std::enable_shared_from_this<Fill::State> {
  Transport& transport;
  std::size_t page;
  const Duration timeout;
  std::function<void(Result<Filled>)> done;
  Filled filled;
  std::string next;  // where the list of the present kind goes on

  State(Transport& t, std::size_t p, Duration limit, std::function<void(Result<Filled>)> d)
      : transport(t), page(p), timeout(limit), done(std::move(d)) {}

  const Kind& kind() const { return all_kinds()[filled.listed.size()]; }

  void ask() {
    http::Request request;
    request.target = str(path_of(kind(), {}), "?limit=", page);
    if (!next.empty()) request.target += "&continue=" + http::percent_encode(next);
    request.headers.emplace_back("Accept", "application/json");
    request.headers.emplace_back("User-Agent", "muster");
    transport.send(std::move(request), timeout, [weak = weak_from_this()](Result<http::Response> response) {
      if (const auto self = weak.lock()) self->answered(std::move(response));
    });
  }

  void answered(Result<http::Response> response) {
    if (!response.ok() && response.error().code != Code::too_large) return end(std::move(response).error());
    if (response.ok() && response->status != 200) return end(error_of(*response));
    // A page of large objects can pass the limits on one answer: smaller pages of the same list then.
    auto list = response.ok() ? parse_own_json(response->body) : Result<Node>(std::move(response).error());
    if (!list.ok()) {
      if (page == 1) return end(std::move(list).error().under(str("the list of ", kind().resource())));
      page = std::max<std::size_t>(page / 8, 1);
      return ask();
    }
    if (Status status = take(*list); !status.ok())
      return end(std::move(status).error().under(str("the list of ", kind().resource())));
    if (filled.listed.size() < all_kinds().size()) return ask();
    filled.oldest = *std::min_element(filled.listed.begin(), filled.listed.end());
    filled.newest = *std::max_element(filled.listed.begin(), filled.listed.end());
    filled.state.set_revision(filled.newest);
    end(std::move(filled));
  }

  Status take(const Node& list) {
    const Node* metadata = list.find("metadata");
    const auto revision = parse_int(metadata == nullptr ? std::string_view() : metadata->text_of("resourceVersion"));
    const Node* items = list.find("items");
    if (!revision || items == nullptr) return Error{Code::malformed, "it is not a list", {}};
    for (const Node& item : items->items) {
      TRY(std::shared_ptr<Object> object, decode_object(item, &kind(), DecodeOptions{}, nullptr));
      filled.state.put(std::move(object));
    }
    next = metadata->text_of("continue");
    if (next.empty()) filled.listed.push_back(*revision);
    return {};
  }

  void end(Result<Filled> result) {
    // The callback drops the fill; nothing of it is touched after that.
    const auto call = std::exchange(done, nullptr);
    call(std::move(result));
  }
};

Fill::Fill(Transport& transport, std::size_t page, Duration timeout, std::function<void(Result<Filled>)> done)
    : state_(std::make_shared<State>(transport, page, timeout, std::move(done))) {}

Fill::~Fill() = default;

void Fill::start() {
  state_->ask();
}

}  // namespace muster::client
