-- A random product for each request; PRODUCTS and PATH_OF_REQUEST come from the environment.
local products = tonumber(os.getenv("PRODUCTS"))
local path = os.getenv("PATH_OF_REQUEST") .. "?product_id="

function init(args)
  math.randomseed(os.time())
end

function request()
  return wrk.format("GET", path .. math.random(products))
end
