#include "tests/bench/wire/asker.hpp"

#include <mutex>
#include <thread>

#include "plugins/endpoints/http_endpoint.hpp"
#include "tests/bench/measure.hpp"

namespace plumb::bench {

Asker::Asker(const std::string& url) : http_(must(make_http_client(real_clock()))) {
  Contestant contestant;
  contestant.name = "paced";
  contestant.url = url;
  contestant.model = "paced";
  contestant.attempts = 1;
  endpoint_ = must(make_endpoint(contestant, *http_, book_));
}

std::vector<ChatResponse> Asker::ask(std::size_t streams) {
  std::vector<Message> messages(1);
  messages.front().text = "Go on.";
  std::mutex mutex;
  std::vector<ChatResponse> responses;
  const auto ask_once = [&] {
    Waiter waiter(real_clock(), {});
    ChatReply reply = endpoint_->chat({.messages = messages}, waiter);
    must(reply.answer.has_value(), reply.answer ? "" : reply.answer.error().sentence);
    const std::lock_guard lock(mutex);
    responses.push_back(std::move(*reply.answer));
  };
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < streams; ++i) threads.emplace_back(ask_once);
  threads.clear();
  must(responses.size() == streams, "a stream is missing");
  return responses;
}

}  // namespace plumb::bench
