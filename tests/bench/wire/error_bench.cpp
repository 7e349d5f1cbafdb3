// How far the instrument's own times are off: decode rate and time to first token as a trial would
// record them, held against what the source of the streams was asked for and against the instants
// at which it says it sent. Nothing but loopback lies between.
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <csignal>
#include <vector>

#include "plugins/endpoints/stand_in.hpp"
#include "tests/bench/measure.hpp"
#include "tests/bench/wire/asker.hpp"
#include "tests/bench/wire/pacer.hpp"

namespace plumb::bench {
namespace {

constexpr std::size_t kTokens = 40;
constexpr double kTokS = 50;
constexpr Duration kFirstAfter = std::chrono::milliseconds(100);

/// Time to first token and decode rate of one response.
struct Speed {
  double ttft_ms = 0;
  double tok_s = 0;
};

constexpr Speed kAsked{.ttft_ms = 100, .tok_s = kTokS};

double rate(std::int64_t tokens, Duration first_to_last) {
  return static_cast<double>(tokens - 1) / to_seconds(first_to_last);
}

Speed measured(const ChatResponse& response) {
  const ResponseTimes& times = response.times;
  const Instant first = times.first_token().value();
  return {
      .ttft_ms = to_ms(first - times.sent),
      .tok_s = rate(response.usage.completion_tokens.value(), times.last_token.value() - first)};
}

Speed sent(const PacedStream& stream) {
  return {.ttft_ms = to_ms(stream.first_sent - stream.arrived),
          .tok_s = rate(kTokens, stream.last_sent - stream.first_sent)};
}

/// What came of comparing two readings of the same responses.
class Errors {
 public:
  void add(const Speed& is, const Speed& should_be) {
    decode_percent_.push_back(100 * std::abs(is.tok_s / should_be.tok_s - 1));
    ttft_ms_.push_back(std::abs(is.ttft_ms - should_be.ttft_ms));
  }
  void print(const char* what) const {
    const Spread decode = spread(decode_percent_);
    const Spread ttft = spread(ttft_ms_);
    fmt::print("  {:<44} {:>8.3f} % {:>8.3f} % {:>9.3f} ms {:>7.3f} ms\n", what, decode.median,
               decode.p95, ttft.median, ttft.p95);
  }

 private:
  std::vector<double> decode_percent_;
  std::vector<double> ttft_ms_;
};

void measure_paced(Pacer& pacer, std::size_t streams, int rounds) {
  Asker asker(pacer.url());
  Errors instrument;
  Errors source;
  Errors both;
  for (int round = 0; round < rounds; ++round) {
    pacer.follow(
        {.streams = streams, .tokens = kTokens, .tok_s = kTokS, .first_after = kFirstAfter});
    for (const ChatResponse& response : asker.ask(streams)) {
      const Speed is = measured(response);
      const Speed was = sent(pacer.board().streams[paced_stream_number(response.model_as_served)]);
      instrument.add(is, was);
      source.add(was, kAsked);
      both.add(is, kAsked);
    }
  }
  fmt::print("{} at once, {} responses (load {})\n", streams, streams * rounds, machine_load());
  instrument.print("the instrument: measured against sent");
  source.print("the source's own: sent against asked");
  both.print("both together: measured against asked");
}

/// A stand-in in a process of its own, as `plumb standin` would be; ends with this one.
std::string stand_in_url(std::size_t streams) {
  std::array<int, 2> ends{};
  must(::pipe(ends.data()) == 0, "cannot make a pipe");
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  must(child >= 0, "cannot start a process");
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(0);
    const StandInOptions options{
        .tok_s = kTokS, .ttft_ms = kAsked.ttft_ms, .think = static_cast<std::int64_t>(kTokens) - 2};
    const auto server = must(StandInServer::start(options, {}, 0, static_cast<int>(streams)));
    const std::string url = server->url();
    must(::write(ends[1], url.data(), url.size()) > 0, "the benchmark is gone");
    while (true) ::pause();
  }
  ::close(ends[1]);
  std::array<char, 64> url{};
  const ssize_t got = ::read(ends[0], url.data(), url.size());
  ::close(ends[0]);
  must(got > 0, "the stand-in did not start");
  return {url.data(), static_cast<std::size_t>(got)};
}

void measure_stand_in(const std::string& url, std::size_t streams, int rounds) {
  Asker asker(url);
  Errors both;
  for (int round = 0; round < rounds; ++round) {
    for (const ChatResponse& response : asker.ask(streams)) {
      both.add(measured(response), kAsked);
    }
  }
  both.print("with the stand-in: measured against asked");
}

struct Size {
  std::size_t streams;
  int rounds;
};
constexpr std::array<Size, 3> kSizes = {Size{1, 40}, Size{64, 4}, Size{256, 4}};

void measure() {
  Pacer pacer;
  const std::string stand_in = stand_in_url(kSizes.back().streams);
  fmt::print("errors of the instrument's times, at {} tok/s and {} ms to the first token\n", kTokS,
             kAsked.ttft_ms);
  fmt::print("  {:<44} {:>21} {:>23}\n  {:<44} {:>10} {:>10} {:>12} {:>10}\n", "", "decode rate",
             "time to first token", "", "median", "p95", "median", "p95");
  for (const auto& [streams, rounds] : kSizes) {
    measure_paced(pacer, streams, rounds);
    measure_stand_in(stand_in, streams, rounds);
  }
}

}  // namespace
}  // namespace plumb::bench

int main() {
  plumb::bench::measure();
  return 0;
}
