-- One request, sent again and again: wrk URL -s invoke.lua -- METHOD [AUTHORIZATION BODY].
-- There is no `request` function on purpose: wrk then formats the request only once.
function init(args)
  wrk.method = args[1] or "GET"
  if args[2] then
    wrk.headers["Authorization"] = args[2]
    wrk.headers["Content-Type"] = "application/json"
    wrk.body = args[3]
  end
end

function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    '{"requests":%d,"durationUs":%d,"p50Us":%d,"p99Us":%d,"maxUs":%d,' ..
    '"errors":{"connect":%d,"read":%d,"write":%d,"timeout":%d,"status":%d}}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    latency.max, e.connect, e.read, e.write, e.timeout, e.status))
end
