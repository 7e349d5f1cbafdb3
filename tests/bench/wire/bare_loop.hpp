#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace plumb::bench {

/// The least that a program over libcurl can do to read many streams on one thread: multi_socket
/// and epoll, and a callback that counts bytes. Makes `streams` POSTs at once, all with the same
/// body; returns when all have ended, with the number of bytes read.
[[nodiscard]] std::uint64_t read_bare(const std::string& url, const std::string& body,
                                      std::size_t streams);

}  // namespace plumb::bench
