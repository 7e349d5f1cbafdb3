-- Starts a guest as a plain process: no isolation at all. Commands run as you, with your files and
-- your network. Only for hosts that allow nothing better, and every output says so.
return {
  name = "process",
  isolates = false,
  command = function(host) return { host.guest, "--temporary" } end,
}
