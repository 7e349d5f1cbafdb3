#include "core/run/machine.hpp"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

#include "core/base/secrets.hpp"
#include "core/base/text.hpp"
#include "core/score/recipe.hpp"

namespace plumb {
namespace {

constexpr std::size_t kLogBytes = 2000;
/// Shorter values are words rather than secrets.
constexpr std::size_t kLeastSecret = 8;

std::string how_it_ended(const Exit& exit) {
  return exit.signal != 0 ? fmt::format("was ended by signal {}", exit.signal)
                          : fmt::format("ended with exit code {}", exit.code);
}

std::string last_line(const std::string& log) {
  const auto lines = split(trimmed(log), '\n');
  return printable(shortened(trimmed(lines.back()), 200));
}

std::string ids_of(const std::vector<ServedModel>& models) {
  constexpr std::size_t kMost = 8;
  std::vector<std::string> ids;
  for (const ServedModel& model : models) {
    if (ids.size() == kMost) return join(ids, ", ") + ", ...";
    ids.push_back('"' + printable(shortened(model.id, 100)) + '"');
  }
  return join(ids, ", ");
}

}  // namespace

std::vector<std::string> secrets_of(const std::vector<Contestant>& contestants) {
  std::vector<std::string> secrets;
  for (const Contestant& contestant : contestants) {
    const char* key =
        contestant.key_env.empty() ? nullptr : std::getenv(contestant.key_env.c_str());
    if (key != nullptr && *key != '\0') secrets.emplace_back(key);
    for (const auto& [name, value] : contestant.headers) {
      if (value.size() >= kLeastSecret) secrets.push_back(value);
    }
  }
  // Of two that overlap the longer one goes first.
  std::ranges::sort(secrets, std::ranges::greater{}, &std::string::size);
  return secrets;
}

Status check_machines(const std::vector<Contestant>& contestants) {
  for (const Contestant& contestant : contestants) {
    if (contestant.up.empty() && !contestant.down.empty()) {
      return fail(Code::usage, "contestant \"" + contestant.name +
                                   "\" has a \"down\" command and no \"up\" command");
    }
    if (!contestant.up.empty() && contestant.model.empty() && !contestant.is_stand_in()) {
      return fail(Code::usage, "contestant \"" + contestant.name +
                                   "\" is brought up by a command, so it must name its model: what "
                                   "is then served is compared with it");
    }
  }
  return {};
}

Machine::Machine(std::vector<Member> members, std::vector<std::string> secrets,
                 MachinePatience patience)
    : members_(std::move(members)), secrets_(std::move(secrets)), patience_(patience) {}

Machine::~Machine() { [[maybe_unused]] const Status down = take_down(); }

std::string Machine::clean(std::string log) const {
  blot(log, secrets_);
  if (log.size() > kLogBytes) log.erase(0, log.size() - kLogBytes);
  return printable(trimmed(valid_utf8(log)), true);
}

std::string Machine::shown(const std::vector<std::string>& argv) const {
  std::string line = command_without_secrets(argv);
  blot(line, secrets_);
  return printable(shortened(line, 120));
}

UpFailure Machine::failure(Blame blame, std::string sentence) const {
  UpFailure failed{.blame = blame, .sentence = std::move(sentence), .log = {}};
  if (command_) failed.log = clean(command_->tail());
  if (!failed.log.empty()) failed.sentence += "; its log ends \"" + last_line(failed.log) + '"';
  return failed;
}

Status Machine::run_down(const Member& member, Waiter& waiter) const {
  const std::vector<std::string>& argv = member.contestant.down;
  if (argv.empty()) return {};
  const std::string what = fmt::format("the \"down\" command of {} ({})",
                                       printable(member.contestant.name), shown(argv));
  auto command = Command::start(argv);
  if (!command) return fail(command.error().code, what + " cannot be run", command.error());
  const Waiter::End end = (*command)->wait(waiter, after(waiter.now(), patience_.down));
  if (end == Waiter::End::stopped) return fail(Code::cancelled, what + " was interrupted");
  if (end == Waiter::End::deadline) {
    return fail(Code::timeout, fmt::format("{} did not end within {}", what,
                                           human_seconds(to_seconds(patience_.down))));
  }
  const Exit exit = (*command)->ended().value_or(Exit{});
  if (exit.code == 0) return {};
  (*command)->end(patience_.end);  // so that all it said has arrived
  const std::string log = clean((*command)->tail());
  return fail(Code::unavailable, fmt::format("{} {}{}", what, how_it_ended(exit),
                                             log.empty() ? "" : ": \"" + last_line(log) + '"'));
}

Status Machine::take_down() {
  if (up_ == nullptr) return {};
  const Member& member = *std::exchange(up_, nullptr);
  Waiter waiter(real_clock(), {});
  Status stopped = run_down(member, waiter);
  if (command_) command_->end(patience_.end);
  command_.reset();
  if (!stopped && member.endpoint.models(waiter)) {
    stuck_ = fmt::format("{} is still up: {}", printable(member.contestant.name),
                         full_sentence(stopped.error()));
  }
  return stopped;
}

bool Machine::pass_on(const std::string& name) {
  const auto member = std::ranges::find_if(
      members_, [&](const Member& each) { return each.contestant.name == name; });
  const bool theirs = up_ != nullptr && member != members_.end() &&
                      !member->contestant.sweep_of.empty() &&
                      member->contestant.sweep_of == up_->contestant.sweep_of;
  if (theirs) up_ = &*member;
  return theirs;
}

std::expected<void, UpFailure> Machine::bring_up(const std::string& name, Waiter& waiter) {
  const auto member = std::ranges::find_if(
      members_, [&](const Member& each) { return each.contestant.name == name; });
  if (up_ == &*member) return {};
  if (!stuck_.empty()) {
    return std::unexpected(failure(Blame::user, "the machine is not free: " + stuck_));
  }
  if (!swept_) {
    swept_ = true;
    // Where nothing is up a `down` may well fail.
    for (const Member& each : members_) {
      [[maybe_unused]] const Status down = run_down(each, waiter);
    }
    if (waiter.stopped()) return std::unexpected(UpFailure{.cancelled = true});
  }
  up_ = &*member;
  auto started = start(*member, waiter);
  if (!started) {
    // The reason to be told is why it did not come up.
    [[maybe_unused]] const Status down = take_down();
  }
  return started;
}

std::expected<void, UpFailure> Machine::start(const Member& member, Waiter& waiter) {
  const std::vector<std::string>& argv = member.contestant.up;
  if (!argv.empty()) {
    auto command = Command::start(argv);
    if (!command) {
      return std::unexpected(
          failure(Blame::user, fmt::format("its \"up\" command ({}) cannot be run: {}", shown(argv),
                                           full_sentence(command.error()))));
    }
    command_ = std::move(*command);
  }
  auto ready = wait_until_ready(member, waiter);
  if (!ready && waiter.stopped()) ready.error().cancelled = true;
  return ready;
}

std::optional<UpFailure> Machine::judge_exit(const Member& member) {
  const auto exit = command_ ? command_->ended() : std::nullopt;
  if (!exit) return std::nullopt;
  const std::string what =
      fmt::format("its \"up\" command ({}) {}", shown(member.contestant.up), how_it_ended(*exit));
  if (exit->code == 0 && !member.contestant.down.empty()) return std::nullopt;
  command_->end(patience_.end);  // so that all it said has arrived
  if (exit->code != 0) return failure(Blame::user, what + " before the server was ready");
  return failure(Blame::user, what +
                                  ", so it left a server behind, and there is no \"down\" command "
                                  "to stop that; add one, or let \"up\" stay in the foreground");
}

std::expected<void, UpFailure> Machine::wait_until_ready(const Member& member, Waiter& waiter) {
  const Contestant& who = member.contestant;
  const Duration patience = from_seconds(who.ready_timeout_s);
  Instant deadline = after(waiter.now(), patience);
  Duration pause = std::chrono::milliseconds(50);
  bool ended = !command_;
  std::string last = "it was not asked yet";
  while (!waiter.stopped()) {
    const auto models = member.endpoint.models(waiter);
    // Asked first, judged second: a server that ends while it is asked has not answered.
    if (auto failed = judge_exit(member)) return std::unexpected(std::move(*failed));
    if (waiter.stopped()) break;
    if (models && !models->empty()) {
      const bool right =
          who.model.empty() || std::ranges::count(*models, who.model, &ServedModel::id) > 0;
      if (right) return {};
      return std::unexpected(failure(
          Blame::user,
          fmt::format("the server that came up at {} serves {}, and not \"{}\"",
                      printable(redacted_url(who.url)), ids_of(*models), printable(who.model))));
    }
    last = models ? "it lists no model" : models.error().sentence;
    if (!ended && command_->ended()) {
      ended = true;
      deadline = after(waiter.now(), patience);
    }
    if (waiter.now() >= deadline) {
      return std::unexpected(failure(
          Blame::server,
          fmt::format("the server at {} was not ready within {} ({}); raise "
                      "ready_timeout_s if it needs longer to load",
                      printable(redacted_url(who.url)), human_seconds(who.ready_timeout_s), last)));
    }
    const Instant again = std::min(after(waiter.now(), pause), deadline);
    pause = std::min<Duration>(pause * 2, std::chrono::seconds(2));
    if (ended) {
      waiter.wait([] { return false; }, again);
    } else {
      command_->wait(waiter, again);
    }
  }
  return std::unexpected(UpFailure{.cancelled = true, .blame = Blame::user, .sentence = {}});
}

}  // namespace plumb
