-- A random id for each request, from 1 to IDS, in the place of the %d of PATH_OF_REQUEST.
local ids = tonumber(os.getenv("IDS"))
local path = os.getenv("PATH_OF_REQUEST")

function init(args)
  math.randomseed(os.time())
end

function request()
  return wrk.format("GET", string.format(path, math.random(ids)))
end
