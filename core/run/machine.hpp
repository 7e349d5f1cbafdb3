#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/endpoint/contestant.hpp"
#include "core/endpoint/endpoint.hpp"
#include "core/run/command.hpp"
#include "core/trial/verdict.hpp"

namespace plumb {

/// Why a contestant is not up.
struct UpFailure {
  bool cancelled = false;
  Blame blame = Blame::user;
  std::string sentence;
  std::string log;  ///< the end of what its command said, without secrets
};

struct MachinePatience {
  Duration down = std::chrono::seconds(120);  ///< for a `down` command
  Duration end = std::chrono::seconds(15);    ///< from SIGTERM to SIGKILL, for what `up` left
};

/// A machine on which one contestant of a group is up at a time. It runs the `up` and `down`
/// commands of its members. Belongs to one thread at a time.
///
/// `up` may stay in the foreground (it is the server) or end with 0 and leave a server behind;
/// which of both is seen while the endpoint is asked for its models. `down` must be harmless where
/// nothing is up: a run that was killed leaves its server behind, so every member is taken down
/// before the first `up`.
class Machine {
 public:
  struct Member {
    const Contestant& contestant;
    Endpoint& endpoint;
  };

  /// @param secrets  blotted out of logs and of commands
  Machine(std::vector<Member> members, std::vector<std::string> secrets,
          MachinePatience patience = {});
  /// Takes down what is up.
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  /// Blocks until this member answers and serves its model. Another that is up must have been taken
  /// down. After a failure nothing is up.
  [[nodiscard]] std::expected<void, UpFailure> bring_up(const std::string& name, Waiter& waiter);
  /// Hands the server that is up to another member of the same sweep: it is theirs as well. False
  /// when they have none in common.
  bool pass_on(const std::string& name);
  /// Stops whoever is up. Not cancellable, but bounded. The error of a `down` command; where the
  /// server still answers after it, nobody can be brought up any more.
  [[nodiscard]] Status take_down();
  /// "" = nobody.
  [[nodiscard]] std::string who_is_up() const { return up_ != nullptr ? up_->contestant.name : ""; }

 private:
  [[nodiscard]] std::expected<void, UpFailure> start(const Member& member, Waiter& waiter);
  [[nodiscard]] std::expected<void, UpFailure> wait_until_ready(const Member& member,
                                                                Waiter& waiter);
  /// What it means that its `up` has ended, if it has.
  [[nodiscard]] std::optional<UpFailure> judge_exit(const Member& member);
  [[nodiscard]] UpFailure failure(Blame blame, std::string sentence) const;
  [[nodiscard]] Status run_down(const Member& member, Waiter& waiter) const;
  [[nodiscard]] std::string clean(std::string log) const;
  /// A command of the user on one line, without secrets.
  [[nodiscard]] std::string shown(const std::vector<std::string>& argv) const;

  std::vector<Member> members_;
  std::vector<std::string> secrets_;
  MachinePatience patience_;
  const Member* up_ = nullptr;        ///< it is up, or was begun to be
  std::unique_ptr<Command> command_;  ///< its `up`; kept after its end, as is its group
  bool swept_ = false;                ///< every member was taken down once
  std::string stuck_;                 ///< why nobody can be brought up any more
};

/// Refuses a contestant that is brought up and does not name the model that must then be served,
/// and a `down` without an `up`. Code::usage.
[[nodiscard]] Status check_machines(const std::vector<Contestant>& contestants);

/// What must not be shown of these contestants: the keys that their variables name, and the values
/// of headers.
[[nodiscard]] std::vector<std::string> secrets_of(const std::vector<Contestant>& contestants);

}  // namespace plumb
