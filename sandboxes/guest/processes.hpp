#pragma once

namespace plumb::guest {

/// Sends SIGKILL to everything that runs here but the guest: as process 1 to the whole sandbox,
/// else to our own descendants, whoever their parent is by now. What was forked meanwhile needs
/// another call.
void kill_everything();

}  // namespace plumb::guest
