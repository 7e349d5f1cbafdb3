#pragma once

#include <filesystem>
#include <string>

#include "core/base/hash.hpp"

namespace plumb::test {

/// A folder that goes with the test.
class TempFolder {
 public:
  TempFolder() : path_(std::filesystem::temp_directory_path() / ("plumb-test-" + random_hex(8))) {
    std::filesystem::create_directory(path_);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace plumb::test
