-- Starts a guest with bubblewrap: new namespaces for everything, the host's /usr read-only,
-- and nothing else of the host. What a launcher is given and returns: core/sandbox/launcher.hpp
local passwd = "agent:x:1000:1000:agent:/home/agent:/bin/bash\n"
  .. "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"
local group = "agent:x:1000:\nnogroup:x:65534:\n"
local nsswitch = "passwd: files\ngroup: files\nhosts: files\nservices: files\nprotocols: files\n"

local function words(text)
  local list = {}
  for word in text:gmatch("%S+") do list[#list + 1] = word end
  return list
end

local etc = words [[
  alternatives ld.so.cache ssl/certs ssl/openssl.cnf services protocols mime.types]]

local function command(host)
  local line = {}
  local function add(text)
    for word in text:gmatch("%S+") do line[#line + 1] = word end
  end
  local function tmpfs(path, bytes, mode)
    add("--perms " .. mode .. " --size " .. bytes .. " --tmpfs " .. path)
  end
  local function empty(path)
    table.move({ "--tmpfs", path, "--remount-ro", path }, 1, 4, #line + 1, line)
  end

  add "bwrap --unshare-user --unshare-all --uid 1000 --gid 1000 --hostname sandbox"
  add "--as-pid-1 --new-session --die-with-parent --clearenv"
  -- The guest needs these two for its first settings, and drops them before it serves.
  add "--cap-drop ALL --cap-add CAP_NET_ADMIN --cap-add CAP_SYS_RESOURCE"

  add "--ro-bind /usr /usr"
  for _, path in ipairs { "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32" } do
    local kind, target = host.kind(path)
    if kind == "link" then add("--symlink " .. target .. " " .. path) end
    if kind == "folder" then add("--ro-bind " .. path .. " " .. path) end
  end
  if host.kind("/usr/local") then empty("/usr/local") end
  for _, path in ipairs(host.masked) do
    if path:find("^/usr/") and not path:find("^/usr/local/") then empty(path) end
  end
  for _, name in ipairs(etc) do
    local path = "/etc/" .. name
    if host.kind(path) then add("--ro-bind " .. path .. " " .. path) end
  end
  -- Plain files of the root folder, which becomes read-only below: cheaper than a mount each.
  add("--perms 0444 --file " .. host.data(passwd) .. " /etc/passwd")
  add("--perms 0444 --file " .. host.data(group) .. " /etc/group")
  add("--perms 0444 --file " .. host.data(nsswitch) .. " /etc/nsswitch.conf")
  add("--perms 0644 --bind-data " .. host.data("127.0.0.1 localhost sandbox\n") .. " /etc/hosts")

  -- Not --dev: its second user namespace would make the guest's capabilities mean nothing.
  add "--proc /proc"
  for _, path in ipairs { "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom" } do
    add("--dev-bind " .. path .. " " .. path)
  end
  add "--symlink /proc/self/fd /dev/fd --symlink /proc/self/fd/0 /dev/stdin"
  add "--symlink /proc/self/fd/1 /dev/stdout --symlink /proc/self/fd/2 /dev/stderr"
  tmpfs("/work", host.work_bytes, "0755")
  tmpfs("/home/agent", host.work_bytes // 4, "0755")
  tmpfs("/tmp", host.work_bytes // 4, "1777")
  tmpfs("/dev/shm", host.work_bytes // 4, "1777")
  add("--symlink ../tmp /var/tmp --dir /run --remount-ro / --chdir /work -- " .. host.guest)
  return line
end

local apparmor = [[
write these lines to /etc/apparmor.d/plumb-bwrap, then run apparmor_parser -r on that file
abi <abi/4.0>,
include <tunables/global>
profile plumb-bwrap /usr/bin/bwrap flags=(unconfined) { userns, }]]

local function checks()
  local start = words "bwrap --unshare-user --unshare-all --uid 1000 --ro-bind / / true"
  return {
    { name = "bubblewrap", command = { "bwrap", "--version" },
      remedy = "apt-get install bubblewrap" },
    { name = "user namespaces", remedy = "sysctl -w kernel.unprivileged_userns_clone=1",
      file = "/proc/sys/kernel/unprivileged_userns_clone", expect = "1" },
    { name = "AppArmor lets bubblewrap make namespaces", command = start, remedy = apparmor,
      file = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", expect = "0" },
    { name = "a sandbox starts", command = start,
      remedy = "mend what is named above; a container must be allowed to make user namespaces" },
  }
end

-- A sandbox that root starts would still be root for /proc/sys, so root steps down first.
return { name = "bwrap", isolates = true, steps_down = true, command = command, checks = checks }
