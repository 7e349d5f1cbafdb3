#include "plugins/endpoints/stand_in_ledger.hpp"

#include <algorithm>
#include <functional>

namespace plumb {
namespace {

/// Prefixes are cached in blocks of 16 tokens of 4 bytes.
constexpr std::int64_t kBlockTokens = 16;
constexpr std::size_t kBlockBytes = 64;
/// Beyond so many blocks the cache starts anew.
constexpr std::size_t kMostBlocks = 1U << 20;

const char* finish_name(StandInFinish finish) {
  switch (finish) {
    case StandInFinish::length:
      return "length";
    case StandInFinish::abort:
      return "abort";
    default:
      return "stop";
  }
}

}  // namespace

void StandInHistogram::add(double value, std::int64_t times) {
  for (std::size_t i = 0; i < std::size(kBounds); ++i) {
    if (value <= kBounds[i]) below[i] += times;
  }
  count += times;
  sum += value * static_cast<double>(times);
}

StandInLedger::StandInLedger(const StandInOptions& options)
    : slots_(options.slots), draft_(options.draft), caches_(options.cache) {
  figures_.speculation.per_position.resize(speculation(0, 0).per_position.size());
}

std::unique_ptr<StandInLedger::Seat> StandInLedger::take_seat(const StandInConnection& connection) {
  Wake wake;
  {
    const std::lock_guard lock(mutex_);
    if (slots_ == 0 || figures_.running < slots_) {
      ++figures_.running;
      return std::make_unique<Seat>(*this);
    }
    ++figures_.waiting;
    queue_.push_back(&wake);
  }
  const bool rung = connection.wait_for(wake.fd());
  {
    const std::lock_guard lock(mutex_);
    const auto place = std::ranges::find(queue_, &wake);
    if (place != queue_.end()) {
      queue_.erase(place);
      --figures_.waiting;
      return nullptr;
    }
  }
  // Whoever is no longer in the queue was given a seat, and must give it back when it goes.
  auto seat = std::make_unique<Seat>(*this);
  return rung ? std::move(seat) : nullptr;
}

void StandInLedger::leave() {
  const std::lock_guard lock(mutex_);
  if (queue_.empty()) {
    --figures_.running;
    return;
  }
  queue_.front()->signal();
  queue_.pop_front();
  --figures_.waiting;
}

std::int64_t StandInLedger::cached_tokens(std::string_view prompt) {
  if (!caches_) return 0;
  const std::lock_guard lock(mutex_);
  if (blocks_.size() > kMostBlocks) blocks_.clear();
  std::int64_t cached = 0;
  bool hit = true;
  std::uint64_t chain = 0;
  // The last token is always computed.
  for (std::size_t at = 0; at + kBlockBytes < prompt.size(); at += kBlockBytes) {
    const std::size_t block = std::hash<std::string_view>()(prompt.substr(at, kBlockBytes));
    chain = (chain ^ block) * 0x9E3779B97F4A7C15ULL + 1;
    hit = !blocks_.insert(chain).second && hit;
    if (hit) cached += kBlockTokens;
  }
  return cached;
}

StandInFigures StandInLedger::figures() const {
  const std::lock_guard lock(mutex_);
  StandInFigures figures = figures_;
  figures.generated_tokens = generated_tokens_.load(std::memory_order_relaxed);
  figures.tokens_held += figures.generated_tokens - figures.generated_tokens_done;
  return figures;
}

StandInLedger::Seat::~Seat() {
  if (!finished_) finish(StandInFinish::abort);
  ledger_->leave();
}

void StandInLedger::Seat::read_prompt(std::int64_t tokens, std::int64_t cached) {
  prompt_ = tokens;
  cached_ = cached;
  const std::lock_guard lock(ledger_->mutex_);
  StandInFigures& figures = ledger_->figures_;
  figures.prompt_tokens += tokens;
  figures.cached_tokens += cached;
  figures.tokens_held += tokens;
}

void StandInLedger::Seat::generate(std::int64_t tokens) {
  if (tokens <= 0) return;
  generated_ += tokens;
  ledger_->generated_tokens_.fetch_add(tokens, std::memory_order_relaxed);
  if (first_token_) return;
  first_token_ = real_clock().now();
  const std::lock_guard lock(ledger_->mutex_);
  ledger_->figures_.ttft.add(to_seconds(*first_token_ - began_));
}

void StandInLedger::Seat::finish(StandInFinish finish) {
  finished_ = true;
  const Instant now = real_clock().now();
  const Instant first = first_token_.value_or(now);
  const StandInSpeculation spent = speculation(ledger_->draft_, generated_);
  const std::lock_guard lock(ledger_->mutex_);
  StandInFigures& figures = ledger_->figures_;
  figures.tokens_held -= prompt_;
  figures.prompt_tokens_done += prompt_;
  figures.cached_tokens_done += cached_;
  figures.generated_tokens_done += generated_;
  figures.prompt_seconds_done += to_seconds(first - began_);
  figures.generated_seconds_done += to_seconds(now - first);
  ++figures.finished[finish_name(finish)];
  figures.whole.add(to_seconds(now - began_));
  if (generated_ > 1) {
    figures.between_tokens.add(to_seconds(now - first) / static_cast<double>(generated_ - 1),
                               generated_ - 1);
  }
  figures.speculation.drafts += spent.drafts;
  figures.speculation.drafted += spent.drafted;
  figures.speculation.accepted += spent.accepted;
  for (std::size_t i = 0; i < spent.per_position.size(); ++i) {
    figures.speculation.per_position[i] += spent.per_position[i];
  }
}

}  // namespace plumb
