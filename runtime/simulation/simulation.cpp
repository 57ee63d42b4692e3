#include "runtime/simulation/simulation.h"

#include "api/base/text.h"
#include "runtime/simulation/draw.h"
#include "runtime/simulation/faults.h"
#include "runtime/simulation/user.h"
#include "runtime/simulation/world.h"

namespace muster::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class Run {
 public:
  Run(std::uint64_t seed, const Options& options)
      : options_(options),
        random_(seed),
        agents_(draw_chance(random_, 40) || options.folder.empty() ? Forgetful::yes : Forgetful::no),
        world_(random_.next(), draw_number(random_, 3, 6), agents_ == Forgetful::yes ? std::string() : options.folder,
               options.sabotage),
        faults_(world_, random_.next()),
        user_(random_.next(), static_cast<std::int64_t>(world_.hosts.size()), agents_,
              [this](std::vector<Write> writes) { commit(std::move(writes)); }),
        between_faults_(draw_duration(random_, milliseconds(300), seconds(10))),
        between_actions_(draw_duration(random_, seconds(1), seconds(10))) {
    world_.on_note(options.on_note);
  }

  Outcome run() {
    world_.note(str(world_.hosts.size(), " hosts"));
    world_.run_for(seconds(3));
    if (world_.server.ready()) world_.note("user: " + user_.begin(world_.server.state()));
    act_later();
    if (options_.weather == Weather::faults) strike_later();
    world_.run_for(options_.active);
    if (!world_.failed()) settle();
    Outcome out;
    out.violation = world_.checkers.violation();
    out.notes.assign(world_.notes().begin(), world_.notes().end());
    out.hash = world_.hash();
    out.virtual_time = world_.now();
    out.steps = world_.steps();
    out.commits = world_.checkers.commits();
    out.healthy_stops = world_.checkers.healthy_stops();
    out.given_up = world_.checkers.given_up();
    return out;
  }

 private:
  void commit(std::vector<Write> writes) {
    store::Batch batch;
    batch.writes = std::move(writes);
    batch.writer = "user";
    world_.server.commit(std::move(batch), [this](const Result<store::Committed>& result) {
      if (!result.ok()) world_.note("user: refused: " + result.error().message);
    });
  }

  void act_later() {
    world_.after(draw_duration(random_, milliseconds(100), between_actions_), [this] {
      if (over_) return;
      if (world_.server.ready()) {
        if (const std::string done = user_.act(world_.server.state()); !done.empty()) world_.note("user: " + done);
      }
      act_later();
    });
  }

  void strike_later() {
    world_.after(draw_duration(random_, milliseconds(10), between_faults_), [this] {
      if (over_) return;
      faults_.strike();
      strike_later();
    });
  }

  void settle() {
    over_ = true;
    faults_.stop();
    const Duration deadline = world_.now() + options_.patience;
    bool undone = false;
    std::string why = "did not begin";
    while (!world_.failed() && world_.now() < deadline) {
      world_.run_for(seconds(1));
      if (!world_.server.ready()) continue;
      // Writes of before may have been lost with a crash, so it is looked at again and again.
      user_.undo(world_.server.state());
      if (!undone) world_.note("user: activates what is draining");
      undone = true;
      why = world_.unsettled();
      if (why.empty() && stays_quiet()) return;
    }
    if (world_.failed()) return;
    world_.note_state();
    world_.checkers.fail("the cluster does not come to rest: " + why);
  }

  bool stays_quiet() {
    const std::int64_t revision = world_.server.state().revision();
    world_.run_for(options_.quiet);
    const std::int64_t after = world_.server.state().revision();
    return revision == after && world_.unsettled().empty();
  }

  const Options& options_;
  SeededRandom random_;
  const Forgetful agents_;
  World world_;
  Faults faults_;
  User user_;
  const Duration between_faults_, between_actions_;
  bool over_ = false;
};

}  // namespace

std::string Outcome::report(std::uint64_t seed) const {
  std::string out = str("seed ", seed, ": ", violation, "\n");
  for (const std::string& line : notes) out += str("  ", line, "\n");
  return out + str("replay: MUSTER_SEED=", seed, " tests/simulation_test\n");
}

Outcome simulate(std::uint64_t seed, const Options& options) {
  return Run(seed, options).run();
}

}  // namespace muster::simulation
