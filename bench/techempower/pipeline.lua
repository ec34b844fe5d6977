-- Sends each request so many times in one write, as the rules have it for plaintext.
init = function(arguments)
  requests = string.rep(wrk.format(), tonumber(arguments[1]) or 1)
end

request = function()
  return requests
end
