#pragma once

#include <string>

#include "core/base/result.hpp"

namespace plumb::guest {

/// Where commands run.
struct Place {
  std::string work;  ///< what the host calls /work
  std::string home;
  std::string owned;  ///< a folder to remove at the end; "" = none

  /// The file that a path of the host means: relative ones are below the work folder.
  [[nodiscard]] std::string resolve(const std::string& path) const;
};

/// Turns the process into a guest: the limits of what runs here, no descriptor but 0, 1 and 2, and,
/// as process 1 of a sandbox, no capability and no way for the processes of the sandbox to look
/// into it.
/// @param temporary  make a work folder of our own: for a launcher that provides none
[[nodiscard]] Result<Place> set_up(bool temporary);

}  // namespace plumb::guest
