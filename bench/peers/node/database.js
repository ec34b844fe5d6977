'use strict'

// The connections of one process. PGHOST, PGPORT, PGUSER and PGDATABASE say where.

const OPTIONS = { options: '-c search_path=atelier' }

// Of 5, 10, 20 and 40 connections for 64 clients this took the least time of server and database.
// None is closed when idle, which the next load would pay for.
const POOL_SIZE = 10

/**
 * Something with the `query` of node-postgres: a pool, of which each query has a connection for
 * itself, or as many `pipelined` connections, on which queries follow each other without waiting.
 * `pg` is the caller's module.
 */
module.exports = function connect (pg, { pipelined = 0, processes = 1 }) {
  parseTypes(pg.types)
  const max = Math.ceil(POOL_SIZE / processes)
  if (!pipelined) return new pg.Pool({ ...OPTIONS, max, idleTimeoutMillis: 0 })
  const clients = Array.from({ length: pipelined }, () => {
    return new pg.Client({ ...OPTIONS, pipeline: true })
  })
  for (const client of clients) client.connect()
  let next = 0
  return { query: (config) => clients[next++ % pipelined].query(config) }
}

/** What values of these types are turned to, beside what node-postgres does itself. */
function parseTypes (types) {
  // "2022-02-19 00:00:00.5+00" to "2022-02-19T00:00:00.500Z" without the detour of a Date.
  types.setTypeParser(types.builtins.TIMESTAMPTZ, (text) => {
    const milliseconds = text.slice(20, -3).slice(0, 3).padEnd(3, '0')
    return `${text.slice(0, 10)}T${text.slice(11, 19)}.${milliseconds}Z`
  })
}
