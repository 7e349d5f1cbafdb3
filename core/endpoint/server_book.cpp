#include "core/endpoint/server_book.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/files.hpp"
#include "core/base/text.hpp"

namespace plumb {
namespace fs = std::filesystem;

Result<ServerBook> ServerBook::load(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (at->path().extension() == ".lua") files.push_back(at->path());
  }
  if (error) {
    return fail(Code::config, fmt::format("cannot read the server files in {} ({})",
                                          folder.string(), error.message()));
  }
  std::ranges::sort(files);
  ServerBook book;
  for (const fs::path& file : files) {
    PLUMB_TRY(ServerKind kind, read_server_file(file));
    book.kinds_.push_back(std::move(kind));
  }
  return book;
}

const ServerKind* ServerBook::find(std::string_view name) const {
  const auto found = std::ranges::find(kinds_, name, &ServerKind::name);
  return found == kinds_.end() ? nullptr : &*found;
}

std::vector<std::string> ServerBook::names() const {
  std::vector<std::string> names;
  for (const ServerKind& kind : kinds_) names.push_back(kind.name);
  return names;
}

bool ServerBook::says(std::string_view what, std::string_view message) const {
  const std::string text = lower(message);
  return std::ranges::any_of(kinds_, [&](const ServerKind& kind) {
    const auto words = kind.error_words.find(std::string(what));
    return words != kind.error_words.end() &&
           std::ranges::any_of(words->second, [&](const std::string& part) {
             return text.find(part) != std::string::npos;
           });
  });
}

Status ServerBook::check_name(const std::string& name) const {
  if (name.empty() || find(name) != nullptr) return {};
  return fail(Code::config,
              fmt::format("there is no server file \"{}\"{}; known are {} (a new one needs no more "
                          "than a file in plugins/servers)",
                          printable(shortened(name, 60)), did_you_mean(name, names()),
                          join(names(), ", ")));
}

fs::path server_book_folder() { return resource_dir() / "plugins" / "servers"; }

}  // namespace plumb
