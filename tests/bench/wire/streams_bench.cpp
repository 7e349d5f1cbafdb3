// What it costs to read many streams: the processor time of the network thread (client, event
// stream, JSON, assembler, time stamps) over that of a bare loop over the same library which only
// counts bytes, and the memory that a live stream takes with the thread that waits for it.
#include <sys/resource.h>
#include <sys/wait.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>
#include <vector>

#include "tests/bench/measure.hpp"
#include "tests/bench/wire/asker.hpp"
#include "tests/bench/wire/bare_loop.hpp"
#include "tests/bench/wire/pacer.hpp"

namespace plumb::bench {
namespace {

constexpr int kRounds = 5;
constexpr std::size_t kTokens = 150;
constexpr double kTokS = 50;

/// One round of one reader, taken in its steady middle.
struct Figures {
  double cpu_s = 0;
  double wall_s = 0;
  double tokens = 0;
  double memory_kib = 0;  ///< resident, for each live stream
  double late_p95_ms = 0;
  [[nodiscard]] double us_per_token() const { return cpu_s * 1e6 / tokens; }
};

struct Snapshot {
  Instant at;
  double cpu_s = 0;
  double tokens = 0;
};

double resident_kib() {
  std::ifstream status("/proc/self/status");
  std::string word;
  double kib = 0;
  while (status >> word && word != "VmRSS:") {
  }
  status >> kib;
  return kib;
}

/// The clock of a thread of this process, as the kernel numbers them (posix-timers.h).
clockid_t cpu_clock_of(int thread) {
  return static_cast<clockid_t>(~static_cast<unsigned>(thread) << 3U | 6U);
}

int thread_called(const std::string& name) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream file(entry.path() / "comm");
    std::string comm;
    if (std::getline(file, comm) && comm == name) return std::stoi(entry.path().filename());
  }
  must(false, "there is no thread called " + name);
  return 0;
}

Snapshot snapshot(const Pacer& pacer, clockid_t clock) {
  timespec spent{};
  must(::clock_gettime(clock, &spent) == 0, "a thread's clock cannot be read");
  return {.at = real_clock().now(),
          .cpu_s = static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) / 1e9,
          .tokens = static_cast<double>(pacer.board().sent.load())};
}

double late_p95_ms(const Pacer& pacer, std::size_t streams) {
  std::vector<double> late;
  for (std::size_t i = 0; i < streams; ++i) {
    const auto& all = pacer.board().streams[i].late_us;
    for (std::size_t k = 0; k < kTokens; ++k) late.push_back(static_cast<double>(all[k]) / 1e3);
  }
  return spread(std::move(late)).p95;
}

/// `clock` is asked for once all streams are live.
Figures watched(Pacer& pacer, std::size_t streams, double resident_before,
                const std::function<clockid_t()>& clock) {
  pacer.wait_steady();
  const clockid_t id = clock();
  const Snapshot begin = snapshot(pacer, id);
  pacer.wait_ending();
  const Snapshot end = snapshot(pacer, id);
  return {.cpu_s = end.cpu_s - begin.cpu_s,
          .wall_s = to_seconds(end.at - begin.at),
          .tokens = end.tokens - begin.tokens,
          .memory_kib = (resident_kib() - resident_before) / static_cast<double>(streams)};
}

/// One thread for each stream, as trials have.
Figures read_with_plumb(Pacer& pacer, std::size_t streams) {
  const double before = resident_kib();
  Asker asker(pacer.url());
  std::vector<ChatResponse> responses;
  std::jthread asking([&] { responses = asker.ask(streams); });
  const Figures figures =
      watched(pacer, streams, before, [] { return cpu_clock_of(thread_called("plumb-net")); });
  asking.join();
  must(std::ranges::all_of(responses,
                           [](const ChatResponse& response) {
                             return response.usage.completion_tokens == std::int64_t{kTokens};
                           }),
       "a response was not whole");
  return figures;
}

Figures read_with_bare_loop(Pacer& pacer, std::size_t streams) {
  const double before = resident_kib();
  std::uint64_t bytes = 0;
  std::jthread reading([&] {
    bytes =
        read_bare(pacer.url() + "/chat/completions",
                  R"({"stream":true,"messages":[{"role":"user","content":"Go on."}]})", streams);
  });
  const Figures figures = watched(pacer, streams, before, [&] {
    clockid_t id{};
    ::pthread_getcpuclockid(reading.native_handle(), &id);
    return id;
  });
  reading.join();
  must(bytes > streams * kTokens * 100, "the bare loop missed bytes");
  return figures;
}

/// Each round has a process of its own, so none finds the memory of the one before.
Figures in_child(Pacer& pacer, std::size_t streams, Figures (*read)(Pacer&, std::size_t)) {
  pacer.follow({.streams = streams,
                .tokens = kTokens,
                .tok_s = kTokS,
                .first_after = std::chrono::milliseconds(200),
                .together = true});
  std::array<int, 2> ends{};
  must(::pipe(ends.data()) == 0, "cannot make a pipe");
  const pid_t child = ::fork();
  must(child >= 0, "cannot start a process");
  if (child == 0) {
    leave_source_its_processor();
    const Figures figures = read(pacer, streams);
    must(::write(ends[1], &figures, sizeof figures) == sizeof figures, "the benchmark is gone");
    ::_exit(0);
  }
  ::close(ends[1]);
  Figures figures;
  const ssize_t got = ::read(ends[0], &figures, sizeof figures);
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  must(got == sizeof figures, "a round came to no end");
  figures.late_p95_ms = late_p95_ms(pacer, streams);
  return figures;
}

struct Column {
  std::vector<Figures> rounds;
  [[nodiscard]] Spread of(const std::function<double(const Figures&)>& value) const {
    std::vector<double> values;
    for (const Figures& one : rounds) values.push_back(value(one));
    return spread(std::move(values));
  }
};

/// Prints a row; returns the pace at which a stream came.
double print_reader(const char* name, std::size_t streams, const Column& column) {
  const auto median = [&](const auto& value) { return column.of(value).median; };
  const double rate = median([](const Figures& f) { return f.tokens / f.wall_s; });
  const double pace = rate / static_cast<double>(streams);
  fmt::print("  {:>7} {:<10} {:>8.1f} {:>9.2f} {:>9.0f} {:>9.1f} {:>9.1f} {:>13.2f}\n", streams,
             name, median([](const Figures& f) { return 100 * f.cpu_s / f.wall_s; }),
             median([](const Figures& f) { return f.us_per_token(); }), rate, pace,
             median([](const Figures& f) { return f.memory_kib; }),
             median([](const Figures& f) { return f.late_p95_ms; }));
  return pace;
}

void measure(Pacer& pacer, std::size_t streams) {
  Column ours;
  Column bare;
  std::vector<double> ratios;
  for (int round = 0; round < kRounds; ++round) {
    const bool ours_first = round % 2 == 0;
    if (ours_first) ours.rounds.push_back(in_child(pacer, streams, &read_with_plumb));
    bare.rounds.push_back(in_child(pacer, streams, &read_with_bare_loop));
    if (!ours_first) ours.rounds.push_back(in_child(pacer, streams, &read_with_plumb));
    ratios.push_back(ours.rounds.back().us_per_token() / bare.rounds.back().us_per_token());
  }
  const double pace =
      std::min(print_reader("plumb", streams, ours), print_reader("bare loop", streams, bare));
  const auto [least, most] = std::ranges::minmax(ratios);
  fmt::print("  {:>7} ratio      {:>8.2f}   ({:.2f} to {:.2f} in {} rounds)\n", streams,
             spread(ratios).median, least, most, kRounds);
  const auto late = [](const Figures& figures) { return figures.late_p95_ms; };
  if (pace < 0.98 * kTokS) {
    fmt::print("  {:>7} this machine did not keep up with the pace: not a measurement\n", streams);
  } else if (std::max(ours.of(late).median, bare.of(late).median) > 1e3 / kTokS) {
    fmt::print("  {:>7} the source was late: tokens came in bunches, which is less work for both\n",
               streams);
  }
}

void raise_descriptor_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace
}  // namespace plumb::bench

int main(int argc, char** argv) {
  using namespace plumb::bench;
  raise_descriptor_limit();
  Pacer pacer;
  std::vector<std::size_t> sizes;
  for (int i = 1; i < argc; ++i) sizes.push_back(std::stoul(argv[i]));
  if (sizes.empty()) sizes = {500, 1000, 2000};
  fmt::print("reading streams of 50 tok/s each, on one thread (load {})\n", machine_load());
  fmt::print("  {:>7} {:<10} {:>8} {:>9} {:>9} {:>9} {:>9} {:>13}\n", "streams", "reader", "CPU %",
             "us/token", "tokens/s", "each", "KiB each", "late, p95 ms");
  for (const std::size_t streams : sizes) measure(pacer, streams);
  return 0;
}
