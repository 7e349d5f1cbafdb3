#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "core/base/text.hpp"
#include "plugins/reporters/forecast.hpp"
#include "plugins/reporters/layout.hpp"
#include "plugins/reporters/words.hpp"

namespace plumb {
namespace {

std::string trial_label(const TrialKey& key) {
  return fmt::format("{} {} #{}", printable(key.contestant), printable(key.task), key.repeat + 1);
}

std::string alarm_line(const Json& alarm) {
  std::string line = "! ";
  for (const char* key : {"contestant", "task"}) {
    const std::string name = text_at(alarm, {key});
    if (!name.empty()) line += name + " ";
  }
  line += alarm_sentence(alarm);
  const std::string evidence = text_at(alarm, {"evidence"});
  return evidence.empty() ? line : line + " (" + shortened(evidence, 300) + ")";
}

std::string without_digits(std::string text) {
  std::erase_if(text, [](char c) { return c >= '0' && c <= '9'; });
  return text;
}

struct Counts {
  int planned = 0;
  int done = 0;
  int passed = 0;
  int failed = 0;
  int capped = 0;
  int invalid = 0;
  int running = 0;
};

/// What both kinds of progress count. Not thread-safe.
struct Standing {
  int planned = 0;
  int done = 0;
  std::vector<std::string> order;
  std::map<std::string, Counts> by_contestant;
  std::map<std::string, int> expected_turns;  ///< by task

  void start(const RunInfo& run, int all, int stored) {
    planned = all;
    done = stored;
    for (const Json& task : list(run.plan, "tasks")) {
      expected_turns[json_or(task, "name", "")] = json_or(task, "expected_turns", 1);
    }
    const Json& contestants = list(run.plan, "contestants");
    for (const Json& contestant : contestants) {
      order.push_back(json_or(contestant, "name", ""));
      by_contestant[order.back()].planned = all / static_cast<int>(contestants.size());
    }
  }
  [[nodiscard]] int expected(const std::string& task) const {
    const auto it = expected_turns.find(task);
    return it == expected_turns.end() ? 1 : it->second;
  }
  /// Of the trials that are not stored yet, taken to be like all.
  [[nodiscard]] double expected_turns_left() const {
    if (expected_turns.empty()) return planned - done;
    double sum = 0;
    for (const auto& [task, turns] : expected_turns) sum += turns;
    return sum / static_cast<double>(expected_turns.size()) * (planned - done);
  }
  void finish(const TrialRecord& record, bool again, bool was_running) {
    Counts& counts = by_contestant[record.key.contestant];
    counts.running -= was_running ? 1 : 0;
    if (again) return;
    ++done;
    ++counts.done;
    counts.passed += record.verdict.outcome == Outcome::passed ? 1 : 0;
    counts.failed += record.verdict.outcome == Outcome::failed ? 1 : 0;
    counts.capped += record.verdict.outcome == Outcome::capped ? 1 : 0;
    counts.invalid += record.verdict.outcome == Outcome::invalid ? 1 : 0;
  }

  static const Json& list(const Json& plan, const char* key) {
    static const Json nothing = Json::array();
    const Json& value = at(plan, {key});
    return value.is_array() ? value : nothing;
  }
};

class PlainProgress final : public RunObserver {
 public:
  explicit PlainProgress(std::FILE* out) : out_(out) {}

  void on_stage(const std::string& sentence) override {
    const std::lock_guard lock(mutex_);
    // Of a stage that counts, a log wants one line.
    const std::string shape = without_digits(sentence);
    if (shape != std::exchange(stage_shape_, shape)) print(printable(sentence));
  }
  void on_start(const RunInfo& run, int planned, int stored) override {
    const std::lock_guard lock(mutex_);
    standing_.start(run, planned, stored);
    print(fmt::format("run {}: {} trials{}", printable(run.id), planned,
                      stored > 0 ? fmt::format(", {} of them already there", stored) : ""));
  }
  void on_begin(const TrialKey& key, int) override {
    const std::lock_guard lock(mutex_);
    started_.insert(key);
  }
  void on_turn(const TrialKey&, int, int) override {}
  void on_trial(const TrialRecord& record, bool again) override {
    const std::lock_guard lock(mutex_);
    standing_.finish(record, again, started_.erase(record.key) > 0);
    const Verdict& verdict = record.verdict;
    std::string outcome = outcome_name(verdict.outcome);
    if (verdict.reason != Reason::none)
      outcome += fmt::format(" ({})", reason_name(verdict.reason));
    print(fmt::format("[{}/{}] {} {}  {} turn{} {}{}", standing_.done, standing_.planned,
                      trial_label(record.key), outcome, record.turns, record.turns == 1 ? "" : "s",
                      human_seconds(record.clocks.charged_s()),
                      again ? "  to be tried again" : ""));
  }
  void on_alarm(const Json& alarm) override {
    const std::lock_guard lock(mutex_);
    print(alarm_line(alarm));
  }

 private:
  /// In one write, so that lines of other programs on the same pipe do not come between.
  void print(const std::string& line) {
    const std::string whole = line + '\n';
    std::fwrite(whole.data(), 1, whole.size(), out_);
    std::fflush(out_);
  }

  std::FILE* out_;
  std::mutex mutex_;
  Standing standing_;
  std::set<TrialKey> started_;
  std::string stage_shape_;
};

class TerminalProgress final : public RunObserver {
 public:
  TerminalProgress(std::FILE* out, const TerminalStyle& style, const Clock& clock)
      : out_(out), style_(style), clock_(clock), started_(clock.now()) {
    ticker_ = std::jthread([this](const std::stop_token& stop) { tick(stop); });
  }
  TerminalProgress(const TerminalProgress&) = delete;
  TerminalProgress& operator=(const TerminalProgress&) = delete;
  ~TerminalProgress() override {
    ticker_.request_stop();
    ticker_.join();
    // What is left to say stays; the block makes room for the scorecard.
    put(erase_block() + above_);
  }

  void on_stage(const std::string& sentence) override {
    change([&] { stage_ = printable(sentence); });
  }
  void on_start(const RunInfo& run, int planned, int stored) override {
    change([&] {
      stage_.clear();
      standing_.start(run, planned, stored);
      forecast_.start(standing_.expected_turns_left(), planned - stored);
      started_ = clock_.now();
      running_ = true;
    });
  }
  void on_begin(const TrialKey& key, int) override {
    change([&] {
      if (!in_flight_.insert(key).second) return;
      ++standing_.by_contestant[key.contestant].running;
      forecast_.begin(key, now_s());
    });
  }
  void on_turn(const TrialKey& key, int, int) override {
    change([&] { forecast_.turn(key, now_s()); });
  }
  void on_trial(const TrialRecord& record, bool again) override {
    change([&] {
      standing_.finish(record, again, in_flight_.erase(record.key) > 0);
      forecast_.finish(record.key, record.turns, standing_.expected(record.key.task), again,
                       now_s());
    });
  }
  void on_alarm(const Json& alarm) override {
    change([&] { above_ += wrap(alarm_line(alarm), style_.width, 2) + '\n'; });
  }

 private:
  [[nodiscard]] double now_s() const { return to_seconds(clock_.now() - started_); }

  template <class Do>
  void change(const Do& what) {
    {
      const std::lock_guard lock(mutex_);
      what();
      changed_ = true;
    }
    wake_.notify_one();
  }

  void tick(const std::stop_token& stop) {
    constexpr auto kShortest = std::chrono::milliseconds(200);
    constexpr auto kLongest = std::chrono::seconds(1);  // the elapsed time goes on by itself
    while (!stop.stop_requested()) {
      std::string frame;
      {
        std::unique_lock lock(mutex_);
        wake_.wait_for(lock, stop, kLongest, [this] { return changed_; });
        changed_ = false;
        const std::string below = block();
        frame = erase_block() + std::exchange(above_, {}) + below;
        drawn_lines_ = std::ranges::count(below, '\n');
      }
      put(frame);
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, stop, kShortest, [] { return false; });
    }
  }

  [[nodiscard]] std::string erase_block() const {
    return drawn_lines_ == 0 ? std::string() : fmt::format("\x1b[{}A\r\x1b[J", drawn_lines_);
  }

  /// Lines never wrap, or the cursor would climb too little.
  [[nodiscard]] std::string fitted(const std::string& line) const {
    return cut_to_width(line, style_.width - 1);
  }

  [[nodiscard]] std::string block() const {
    std::string text = stage_.empty() ? "" : fitted(stage_) + '\n';
    if (!running_) return text;
    int name_width = 0;
    for (const std::string& name : standing_.order) {
      name_width = std::max(name_width, display_width(printable(name)));
    }
    for (const std::string& name : standing_.order) {
      const Counts& counts = standing_.by_contestant.at(name);
      text += fitted(fmt::format(
                  " {}  {:>9}  {:>4} passed  {:>4} failed  {:>4} capped  {:>4} invalid  {:>4} in "
                  "flight",
                  pad_right(printable(name), std::min(name_width, 30)),
                  fmt::format("{}/{}", counts.done, counts.planned), counts.passed, counts.failed,
                  counts.capped, counts.invalid, counts.running)) +
              '\n';
    }
    std::string last = fmt::format(" {}/{} trials \xC2\xB7 {}", standing_.done, standing_.planned,
                                   human_seconds(std::floor(now_s())));
    const auto left = forecast_.seconds_left();
    if (left) last += fmt::format(" \xC2\xB7 about {} left", human_seconds(std::ceil(*left)));
    return text + paint(style_, Colour::dim, fitted(last)) + '\n';
  }

  void put(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), out_);
    std::fflush(out_);
  }

  std::FILE* out_;
  TerminalStyle style_;
  const Clock& clock_;
  Instant started_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  bool changed_ = false;
  bool running_ = false;
  Standing standing_;
  Forecast forecast_;
  std::set<TrialKey> in_flight_;
  std::string stage_;
  std::string above_;  ///< lines that stay, not yet printed
  std::ptrdiff_t drawn_lines_ = 0;
  std::jthread ticker_;
};

}  // namespace

std::unique_ptr<RunObserver> make_progress(std::FILE* out, bool terminal,
                                           const TerminalStyle& style, const Clock& clock) {
  if (terminal) return std::make_unique<TerminalProgress>(out, style, clock);
  return std::make_unique<PlainProgress>(out);
}

}  // namespace plumb
