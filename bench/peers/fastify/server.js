'use strict'

// PIPELINED: connections used by many requests at once, 0 for a pool.

const fastify = require('fastify')
const pg = require('pg')
const connect = require('../node/database')
const createShop = require('../node/shop')

const shop = createShop(connect(pg, { pipelined: Number(process.env.PIPELINED) || 0 }))
const app = fastify({ logger: false, routerOptions: { ignoreTrailingSlash: true } })

// The text of a reply goes through as it is: no schema, no serializer.
app.get('/products', (request, reply) => answer(reply, shop.products(request.query)))
app.get('/products/:id', (request, reply) => answer(reply, shop.product(request.params.id)))
app.get('/products/:id/styles', (request, reply) => answer(reply, shop.styles(request.params.id)))
app.get('/products/:id/related', (request, reply) => answer(reply, shop.related(request.params.id)))
app.get('/reviews', (request, reply) => answer(reply, shop.reviews(request.query)))
app.get('/reviews/meta', (request, reply) => answer(reply, shop.reviewMeta(request.query)))
app.get('/qa/questions', (request, reply) => answer(reply, shop.questions(request.query)))
app.get('/qa/questions/:id/answers', (request, reply) => {
  return answer(reply, shop.answers(request.params.id, request.query))
})

app.post('/reviews', (request, reply) => confirm(reply, 201, 422, shop.addReview(request.body)))
app.post('/qa/questions', (request, reply) => {
  return confirm(reply, 201, 422, shop.addQuestion(request.body))
})
app.post('/qa/questions/:id/answers', (request, reply) => {
  return confirm(reply, 201, 422, shop.addAnswer(request.params.id, request.body))
})
app.put('/reviews/:id/helpful', (request, reply) => {
  return confirm(reply, 204, 404, shop.voteReview(request.params.id))
})

app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })

async function answer (reply, made) {
  const body = await made
  if (body === undefined) return reply.code(404).send()
  if (body === null) return reply.code(422).send()
  reply.header('content-type', 'application/json; charset=utf-8')
  return body
}

async function confirm (reply, done, refused, written) {
  const isDone = await written
  reply.code(isDone ? done : refused)
  return isDone && done === 201 ? 'Created' : ''
}
