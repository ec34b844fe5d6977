-- Sends the requests of the file REQUESTS, one after the other and then again from the first, and
-- prints what came of it as one line of JSON. The file is made by the runner: a line with a
-- length for each request, then its bytes. No reply is looked at here: a callback for each
-- makes wrk a third dearer, on a core that it shares with what is measured.
local requests = {}
local next_request = 0

function init(args)
  local file = assert(io.open(os.getenv("REQUESTS"), "rb"))
  while true do
    local line = file:read("*l")
    if not line then break end
    requests[#requests + 1] = file:read(tonumber(line:match("^%d+")))
  end
  file:close()
end

function request()
  next_request = next_request + 1
  if next_request > #requests then next_request = 1 end
  return requests[next_request]
end

function done(summary, latency, rate)
  local errors = summary.errors
  print(string.format(
    'JSON {"requests":%d,"seconds":%.6f,"bytes":%d,"errors":%d,"refused":%d,"p50_us":%.0f,"p90_us":%.0f,'
      .. '"p99_us":%.0f,"p999_us":%.0f,"max_us":%.0f}',
    summary.requests, summary.duration / 1e6, summary.bytes,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout, errors.status,
    latency:percentile(50), latency:percentile(90), latency:percentile(99),
    latency:percentile(99.9), latency.max))
end
