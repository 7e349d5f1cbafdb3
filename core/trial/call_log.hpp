#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/schema/defect.hpp"
#include "core/schema/lost_call.hpp"
#include "core/wire/message.hpp"

namespace plumb {

/// One defect in a trial.
struct CallDefect {
  Defect defect = Defect::no_call;
  Attribution attribution = Attribution::undetermined;
  int turn = 0;                        ///< from 1
  int call = 0;                        ///< which of the trial's calls, from 1; 0: none of them
  std::string what;                    ///< the tool, the markup or the server's word; short
  std::optional<Aftermath> aftermath;  ///< of one that spoilt its call
};

/// A trial's calls as they are counted. A call that stands in the text or was swallowed is one.
struct CallCounts {
  int total = 0;  ///< judged
  int valid = 0;  ///< run as the model made them
  /// Calls but for those that make a spoilt one again: after an answer with n spoilt calls the
  /// first n calls of the next.
  int intended = 0;
  int valid_at_first = 0;  ///< of the intended
  /// Turns, and seconds of the model's clock, that went into spoilt calls: the share of them among
  /// the calls of their answer.
  double lost_turns = 0;
  double lost_seconds = 0;
  std::vector<CallDefect> defects;  ///< in order

  [[nodiscard]] int count(Defect defect) const;
  [[nodiscard]] int spoilt() const { return total - valid; }
  /// The first of the trial's calls that was spoilt, from 1; 0: none.
  [[nodiscard]] int first_spoilt() const;
};

/// Keeps the account of a trial's calls. Belongs to the trial's thread.
class CallLog {
 public:
  /// An answer with its calls, which are judged in their order by the next calls of add_valid() and
  /// add_spoilt(). Defects of the answer around them are found here.
  void add_answer(int turn, const ChatResponse& response, double seconds);
  /// The call of the last answer that did not arrive as one. Rescued: its calls are judged as if
  /// they had arrived, and stay spoilt by the server's parser.
  void add_lost(const LostCall& lost, bool rescued);
  void add_valid();
  /// @param by_us  our own cap cut it, and nobody else
  void add_spoilt(Defect defect, const std::string& tool, bool by_us = false);
  /// A defect that spoils no call.
  void add(int turn, Defect defect, Attribution attribution, const std::string& what);
  /// The server could not read an answer, or takes no history with it.
  void add_rejected(int turn, const std::string& what);

  /// What evidence says of the defects of this kind. Those that nobody but the server can have, or
  /// that it is known to have (rescued), stay its own.
  void attribute(Defect defect, Attribution attribution);
  /// Whose the defects of this kind are by now.
  [[nodiscard]] Attribution attribution_of(Defect defect) const;
  /// Whose the spoilt call of the last answer is; nothing where it has none.
  [[nodiscard]] std::optional<Attribution> last_spoilt() const;
  /// Calls that were run so far, rescued ones included, and that were spoilt.
  [[nodiscard]] int run() const;
  [[nodiscard]] int spoilt() const;
  /// Closes the account. Once.
  [[nodiscard]] CallCounts close(bool passed);

 private:
  /// A rescued call leaked and was run all the same.
  enum class State { unjudged, valid, spoilt, rescued };
  struct Answer {
    int turn = 0;
    double seconds = 0;
    int first_call = 0;  ///< number of its first call
    std::vector<State> calls;
    std::size_t judged = 0;
    std::optional<LostCall> rescued_from;
    bool rejected = false;  ///< no turn of the trial: the server could not read it
  };
  void spoil(Answer& answer, std::size_t call, Defect defect, Attribution attribution,
             const std::string& what);
  void note_rescue(Answer& answer);
  void note_ids(int turn, const ChatResponse& response);
  [[nodiscard]] Aftermath aftermath_of(const CallDefect& defect, bool passed) const;
  void count_tries();

  std::vector<Answer> answers_;
  std::vector<std::string> ids_;  ///< sorted
  CallCounts counts_;
  int calls_ = 0;  ///< numbered so far
};

}  // namespace plumb
