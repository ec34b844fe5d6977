'use strict'

// CLUSTER: processes, 0 for this one alone. PIPELINED: connections used by many requests at once,
// 0 for a pool. REDIS_SOCKET: the Redis that replies are kept in, none when it is not set.

const cluster = require('node:cluster')
const express = require('express')
const pg = require('pg')
const connect = require('../node/database')
const createShop = require('../node/shop')

const PROCESSES = Number(process.env.CLUSTER) || 1
const PIPELINED = Number(process.env.PIPELINED) || 0

if (PROCESSES > 1 && cluster.isPrimary) {
  for (let at = 0; at < PROCESSES; at++) cluster.fork()
} else {
  serve()
}

function serve () {
  const shop = createShop(connect(pg, { pipelined: PIPELINED, processes: PROCESSES }))
  const app = express()
  app.disable('x-powered-by')
  // A hash of each body, which no load asks for.
  app.disable('etag')
  app.set('query parser', 'simple')

  if (process.env.REDIS_SOCKET) app.use(require('./cache')(process.env.REDIS_SOCKET))

  app.get('/products', reply((req) => shop.products(req.query)))
  app.get('/products/:id', reply((req) => shop.product(req.params.id)))
  app.get('/products/:id/styles', reply((req) => shop.styles(req.params.id)))
  app.get('/products/:id/related', reply((req) => shop.related(req.params.id)))
  app.get('/reviews', reply((req) => shop.reviews(req.query)))
  app.get('/reviews/meta', reply((req) => shop.reviewMeta(req.query)))
  app.get('/qa/questions', reply((req) => shop.questions(req.query)))
  app.get('/qa/questions/:id/answers', reply((req) => shop.answers(req.params.id, req.query)))

  const json = express.json()
  app.post('/reviews', json, confirm(201, 422, (req) => shop.addReview(req.body)))
  app.post('/qa/questions', json, confirm(201, 422, (req) => shop.addQuestion(req.body)))
  app.post('/qa/questions/:id/answers', json,
    confirm(201, 422, (req) => shop.addAnswer(req.params.id, req.body)))
  app.put('/reviews/:id/helpful', confirm(204, 404, (req) => shop.voteReview(req.params.id)))

  app.listen(process.env.PORT, '127.0.0.1')
}

/** Answers with the text that `read` gives. */
function reply (read) {
  return async (req, res, next) => {
    try {
      const body = await read(req)
      if (body === undefined) return res.sendStatus(404)
      if (body === null) return res.sendStatus(422)
      // `res.send` would look the type up, measure the body and compare dates for a 304 first.
      res.setHeader('Content-Type', 'application/json; charset=utf-8')
      res.end(body)
    } catch (error) {
      next(error)
    }
  }
}

function confirm (done, refused, write) {
  return async (req, res, next) => {
    try {
      res.sendStatus(await write(req) ? done : refused)
    } catch (error) {
      next(error)
    }
  }
}
