'use strict'

// CLUSTER: processes, 0 or 1 for this one alone. REDIS_SOCKET: replies are kept in that Redis.

const cluster = require('node:cluster')
const express = require('express')
const pg = require('pg')
const createShop = require('../node/shop')

const PROCESSES = Number(process.env.CLUSTER) || 1
// Tried with 5, 10, 20 and 40 connections, 64 clients.
const POOL_SIZE = Math.ceil(20 / PROCESSES)

if (PROCESSES > 1 && cluster.isPrimary) {
  for (let at = 0; at < PROCESSES; at++) cluster.fork()
} else {
  serve()
}

function serve () {
  createShop.parseTypes(pg.types)
  // PGHOST, PGPORT, PGUSER and PGDATABASE say where.
  const pool = new pg.Pool({ max: POOL_SIZE, options: '-c search_path=atelier' })
  const shop = createShop(pool)

  const app = express()
  app.disable('x-powered-by')
  // A hash of each body, which no load asks for.
  app.disable('etag')
  app.set('query parser', 'simple')

  if (process.env.REDIS_SOCKET) app.use(require('./cache')(process.env.REDIS_SOCKET))

  app.get('/products', async (req, res) => send(res, await shop.products(req.query)))
  app.get('/products/:id', async (req, res) => send(res, await shop.product(req.params.id)))
  app.get('/products/:id/styles', async (req, res) => send(res, await shop.styles(req.params.id)))
  app.get('/products/:id/related', async (req, res) => send(res, await shop.related(req.params.id)))
  app.get('/reviews', async (req, res) => send(res, await shop.reviews(req.query)))
  app.get('/reviews/meta', async (req, res) => send(res, await shop.reviewMeta(req.query)))
  app.get('/qa/questions', async (req, res) => send(res, await shop.questions(req.query)))
  app.get('/qa/questions/:id/answers', async (req, res) => {
    send(res, await shop.answers(req.params.id, req.query))
  })

  const json = express.json()
  app.post('/reviews', json, async (req, res) => {
    res.sendStatus(await shop.addReview(req.body ?? {}) ? 201 : 422)
  })
  app.post('/qa/questions', json, async (req, res) => {
    res.sendStatus(await shop.addQuestion(req.body ?? {}) ? 201 : 422)
  })
  app.post('/qa/questions/:id/answers', json, async (req, res) => {
    res.sendStatus(await shop.addAnswer(req.params.id, req.body ?? {}) ? 201 : 422)
  })
  app.put('/reviews/:id/helpful', async (req, res) => {
    res.sendStatus(await shop.voteReview(req.params.id) ? 204 : 404)
  })

  app.listen(process.env.PORT, '127.0.0.1')
}

/** `res.send` would look the type up, measure the body and compare dates for 304 first. */
function send (res, body) {
  if (body === undefined) return res.sendStatus(404)
  if (body === null) return res.status(422).send('Error: invalid product_id provided')
  res.setHeader('Content-Type', 'application/json; charset=utf-8')
  res.end(body)
}
