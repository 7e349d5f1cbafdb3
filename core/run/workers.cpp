#include "core/run/workers.hpp"

#include <pthread.h>

#include <algorithm>
#include <system_error>
#include <vector>

namespace plumb {
namespace {

constexpr std::size_t kStackBytes = std::size_t{2} << 20;

void* run_body(void* body) {
  (*static_cast<const std::function<void()>*>(body))();
  return nullptr;
}

}  // namespace

void run_threads(int count, const std::function<void()>& body) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStackBytes);
  std::vector<pthread_t> threads;
  int failure = 0;
  for (int i = 0; i < count && failure == 0; ++i) {
    pthread_t thread{};
    failure = pthread_create(&thread, &attributes, &run_body,
                             const_cast<void*>(static_cast<const void*>(&body)));
    if (failure == 0) threads.push_back(thread);
  }
  pthread_attr_destroy(&attributes);
  for (const pthread_t thread : threads) pthread_join(thread, nullptr);
  // Fewer threads do the same work; none at all cannot.
  if (threads.empty())
    throw std::system_error(failure, std::generic_category(), "no thread can be started");
}

}  // namespace plumb
