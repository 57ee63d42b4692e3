// muster token create, list, delete
#include <cstdio>

#include "api/access/kept_token.h"
#include "api/base/text.h"
#include "runtime/base/loop.h"
#include "runtime/cmd/client_verb.h"
#include "runtime/cmd/table_printer.h"
#include "runtime/cmd/verbs.h"
#include "runtime/pki/certificate.h"
#include "runtime/pki/token.h"

namespace muster::cmd {
namespace {

using access::KeptToken;

constexpr Duration user_life = std::chrono::hours(24);
constexpr Duration join_life = std::chrono::hours(1);
constexpr Duration longest_life = std::chrono::hours(24 * 365);
constexpr std::int64_t most_uses = 10'000;

Error wrong(std::string message) {
  return Error{Code::malformed, std::move(message), {}};
}

// What the options ask for, without its id and hash.
Result<KeptToken> wanted(const Arguments& arguments) {
  KeptToken token;
  token.user = arguments.get("user");
  token.groups = arguments.all("group");
  token.description = arguments.get("description");
  const bool joins = token.user.empty();
  if (joins && (arguments.has("user") || !token.groups.empty())) {
    return wrong("--group needs --user NAME: a token without a user is for hosts that join");
  }
  if (!joins && arguments.has("uses")) return wrong("--uses is for join tokens: a user's token holds until it expires");
  for (const std::string& group : token.groups) {
    if (group.empty() || group.find('\n') != std::string::npos) return wrong("--group: must be a name of one line");
  }
  token.purpose = joins ? KeptToken::Purpose::join : KeptToken::Purpose::user;
  if (joins) {
    TRY(token.uses_left, arguments.number("uses", 1, 1, most_uses));
  }
  TRY(const Duration life, arguments.duration("ttl", joins ? join_life : user_life));
  if (life <= Duration::zero() || life > longest_life) {
    return wrong(
        str("--ttl ", arguments.get("ttl"), ": must be more than 0s and at most ", format_duration(longest_life)));
  }
  token.expiration = system_now() + life;
  return token;
}

// How a host joins by it, as far as this client knows the server.
void tell_how_to_join(const client::Target& target) {
  const auto authorities = pki::parse_certificates(target.tls.authorities);
  if (!authorities.ok()) return;
  std::fprintf(stderr, "On the host: muster agent --server %s --ca-hash %s --token-file FILE\n", target.server.c_str(),
               authorities->front().key_hash.c_str());
}

void tell_about(const KeptToken& token, const std::string& life) {
  const std::string what = token.purpose == KeptToken::Purpose::user
                               ? str("It lets the user \"", token.user, "\" in")
                               : str("It lets ", token.uses_left, token.uses_left == 1 ? " host" : " hosts", " join");
  std::fprintf(stderr, "%s for %s (until %s) and is not shown again; 'muster token delete %s' revokes it.\n",
               what.c_str(), life.c_str(), format_time(token.expiration).c_str(), token.id.c_str());
}

int create(const Arguments& arguments) {
  auto token = wanted(arguments);
  if (!token.ok()) return fail_usage(token_create_verb(), token.error());
  auto session = connect(arguments);
  if (!session.ok()) return fail(session.error());
  SystemRandom random;
  const pki::Token made = pki::make_token(random);
  token->id = made.id;
  token->hash = pki::token_hash(made);
  // The token itself never leaves this process but by its standard output.
  const auto answer = session->api->json("POST", client::path_of(kind_of<Secret>(), system_namespace),
                                         encode_object(access::secret_of(*token)));
  if (!answer.ok()) return fail(answer.error());
  std::printf("%s\n", made.text().c_str());
  tell_about(*token, format_duration(std::chrono::round<std::chrono::seconds>(token->expiration - system_now())));
  if (token->purpose == KeptToken::Purpose::join) tell_how_to_join(session->api->target());
  return exit_code::ok;
}

int list(const Arguments& arguments) {
  auto session = connect(arguments);
  if (!session.ok()) return fail(session.error());
  session->ns = system_namespace;
  const auto secrets = fetch_all(*session, kind_of<Secret>(), {});
  if (!secrets.ok()) return fail(secrets.error());
  TablePrinter table({"ID", "FOR", "USER", "GROUPS", "EXPIRES", "USES", "DESCRIPTION"});
  for (const auto& object : *secrets) {
    const auto& secret = static_cast<const Secret&>(*object);
    if (!access::is_token_secret(secret)) continue;
    const auto token = access::kept_token(secret);
    if (!token.ok()) {
      std::fprintf(stderr, "Warning: secret/%s in %s lets nobody in: %s\n", secret.metadata.name.c_str(),
                   secret.metadata.ns.c_str(), token.error().message.c_str());
      continue;
    }
    const bool joins = token->purpose == KeptToken::Purpose::join;
    const bool over = system_now() >= token->expiration;
    table.add({token->id, joins ? "joining" : "a user", token->user, join(token->groups, ","),
               over ? "expired" : format_time(token->expiration), joins ? str(token->uses_left) : std::string(),
               token->description});
  }
  if (table.empty()) {
    std::fprintf(stderr, "There are no tokens.\n");
  } else {
    std::printf("%s", table.text().c_str());
  }
  return exit_code::ok;
}

int remove(const Arguments& arguments) {
  if (arguments.words.empty()) return fail_usage(token_delete_verb(), wrong("name tokens by their ID"));
  for (const std::string& id : arguments.words) {
    // Arguments can be read by everybody on this machine.
    if (id.find('.') != std::string::npos) {
      return fail_usage(token_delete_verb(), wrong("name tokens by their ID alone, which is what precedes the '.'"));
    }
  }
  auto session = connect(arguments);
  if (!session.ok()) return fail(session.error());
  for (const std::string& id : arguments.words) {
    const auto answer = session->api->json(
        "DELETE", client::path_of(kind_of<Secret>(), system_namespace, access::token_secret_name(id)));
    if (!answer.ok()) return fail(answer.error());
    std::printf("token %s deleted\n", id.c_str());
  }
  return exit_code::ok;
}

}  // namespace

const Verb& token_create_verb() {
  static const Verb verb{
      "token create",
      "",
      "make a token for a user, or for hosts that join",
      "With --user, prints a token that lets this user in ('token:' in a kubeconfig, or\n"
      "'Authorization: Bearer'); roles say what the user may do. Without --user, prints\n"
      "a token by which hosts join the cluster: each host that joins uses it once.\n"
      "The token is printed this once; the server keeps its hash.\n\n"
      "  muster token create --user ann --group team --ttl 24h >ann.token\n"
      "  muster token create --ttl 1h --uses 3 >join.token\n",
      client_options(
          {{"user", 0, "NAME", "Who the token stands for (default: nobody; it is a join token)."},
           {"group", 0, "NAME", "A group of the user; may be repeated."},
           {"ttl", 0, "DURATION", "How long it holds, at most 8760h (default 24h for a user, 1h for joining)."},
           {"uses", 0, "N", "How many hosts may join by it (default 1)."},
           {"description", 0, "TEXT", "What it is for, for 'muster token list'."}}),
      &create};
  return verb;
}

const Verb& token_list_verb() {
  static const Verb verb{"token list",
                         "",
                         "show which tokens there are, for whom and until when",
                         "Lists the tokens by their IDs. The tokens themselves are kept nowhere.\n",
                         client_options({}),
                         &list};
  return verb;
}

const Verb& token_delete_verb() {
  static const Verb verb{
      "token delete",     "ID...",
      "revoke tokens",    "Deletes what the server keeps of the tokens: from then on they let nobody in.\n",
      client_options({}), &remove};
  return verb;
}

}  // namespace muster::cmd
