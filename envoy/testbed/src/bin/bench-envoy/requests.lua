-- Sends the requests of a file, one after the other, over and over. They end with an empty line and have no bodies.

local heads, at = {}, 0

function init(arguments)
  local file = assert(io.open(arguments[1], "rb"))
  for head in file:read("*a"):gmatch("(.-\r\n\r\n)") do
    heads[#heads + 1] = head
  end
  file:close()
end

function request()
  at = at % #heads + 1
  return heads[at]
end

function done(summary, latency, requests)
  local errors = summary.errors
  local failures = errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format("counted %d %d %d %d\n", summary.requests, errors.status, failures, summary.duration))
end
