'use strict'

// Cache-aside, as a middleware: a reply is looked for under its URL, and kept there when the shop
// had to make it. What is written shows when the old reply has expired.

const { createClient } = require('redis')

const KEPT_S = 60

module.exports = function cache (socketPath) {
  const redis = createClient({ socket: { path: socketPath } })
  redis.on('error', (error) => console.error(error))
  redis.connect()

  return async (req, res, next) => {
    if (req.method !== 'GET') return next()
    try {
      const body = await redis.get(req.url)
      if (body !== null) {
        res.setHeader('Content-Type', 'application/json; charset=utf-8')
        return res.end(body)
      }
    } catch (error) {
      return next(error)
    }
    const end = res.end
    res.end = function (body, ...rest) {
      if (res.statusCode === 200) redis.set(req.url, body, { EX: KEPT_S }).catch(console.error)
      return end.call(this, body, ...rest)
    }
    next()
  }
}
