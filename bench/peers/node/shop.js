'use strict'

// The shop behind any of the Node peers: parameters in, the text of a reply out. `undefined` is
// for what is not there, `null` for what cannot be asked or added so.

const render = require('./render')
const statements = require('./statements')

const ROWS_MAX = 10_000

module.exports = function shop (database) {
  const query = async (name, values) => {
    const { rows } = await database.query({ name, text: statements[name], values })
    return rows
  }
  const change = async (name, values) => {
    const { rowCount } = await database.query({ name, text: statements[name], values })
    return rowCount > 0
  }

  return {
    async products (parameters) {
      const { offset, limit } = page(parameters)
      const rows = await query('productList', [offset, offset + limit])
      return `[${rows.map((row) => render.product(row)).join()}]`
    },

    async product (id) {
      if (!isPathId(id)) return
      const [row] = await query('product', [rowId(id)])
      return row && render.product(row, `,"features":${row.features}`)
    },

    async styles (id) {
      if (!isPathId(id)) return
      const [row] = await query('productStyles', [rowId(id)])
      return `{"product_id":"${id}","results":${row ? row.styles : '[]'}}`
    },

    async related (id) {
      if (!isPathId(id)) return
      const [row] = await query('productRelated', [rowId(id)])
      return row ? `[${row.related.join()}]` : '[]'
    },

    async reviews (parameters) {
      const id = parameters.product_id
      if (!isId(id)) return null
      const { offset, count, limit } = page(parameters)
      const name = parameters.sort === 'newest' ? 'reviewListNewest' : 'reviewListHelpful'
      const [row] = await query(name, [rowId(id), limit, offset])
      return `{"product":"${id}","page":${offset},"count":${count},` +
        `"results":[${row.reviews ?? ''}]}`
    },

    async reviewMeta (parameters) {
      const id = parameters.product_id
      if (!isId(id)) return null
      const [row] = await query('reviewMeta', [rowId(id)])
      return render.meta(id, row)
    },

    async questions (parameters) {
      const id = parameters.product_id
      if (!isId(id)) return null
      const { offset, limit } = page(parameters)
      const rows = await query('questionList', [rowId(id), limit, offset])
      return `{"product_id":"${id}","results":[${render.questions(rows)}]}`
    },

    async answers (id, parameters) {
      if (!isPathId(id)) return
      const { offset, count, limit } = page(parameters)
      const rows = await query('answerList', [rowId(id), limit, offset])
      // What was sent comes back as a string, the default as a number.
      const pageSent = JSON.stringify(parameters.page ?? 1)
      const countSent = JSON.stringify(parameters.count ?? count)
      return `{"question":"${id}","page":${pageSent},"count":${countSent},` +
        `"results":[${rows.map(render.answer).join()}]}`
    },

    addReview (review) {
      const { rating, recommend, photos, characteristics } = review
      const texts = [review.summary, review.body, review.name, review.email]
      const ratings = Object.entries(characteristics ?? {})
        .map(([id, value]) => [Number(id), Number(value)])
      const ok = texts.every(isText) && [1, 2, 3, 4, 5].includes(Number(rating)) &&
        typeof recommend === 'boolean' && Array.isArray(photos) && photos.every(isText) &&
        ratings.every(([id, value]) => Number.isInteger(id) && value >= 1 && value <= 5)
      const [ids, values] = [ratings.map(([id]) => id), ratings.map(([, value]) => value)]
      return ok && change('reviewAdd',
        [rowId(review.product_id), rating, recommend, ...texts, photos, ids, values])
    },

    addQuestion ({ product_id: productId, body, name, email }) {
      return [body, name, email].every(isText) &&
        change('questionAdd', [rowId(productId), body, name, email])
    },

    addAnswer (questionId, { body, name, email, photos }) {
      return [body, name, email, ...photos ?? []].every(isText) &&
        change('answerAdd', [rowId(questionId), body, name, email, photos ?? []])
    },

    voteReview (id) {
      return change('reviewHelpful', [rowId(id)])
    }
  }
}

function page (parameters) {
  const count = positive(parameters.count, 5)
  const offset = (positive(parameters.page, 1) - 1) * count
  return { count, offset, limit: Math.min(count, ROWS_MAX) }
}

function positive (text, otherwise) {
  const value = /^\d+$/.test(text) ? Number(text) : 0
  return Number.isSafeInteger(value) && value >= 1 ? value : otherwise
}

function isPathId (text) {
  return /^\d+$/.test(text)
}

/** A query may name nobody, too. */
function isId (text) {
  return /^-?\d+$/.test(text)
}

/** The id, or 0, which no row has, when it is none that a row could have. */
function rowId (text) {
  const value = Number(text)
  return Number.isInteger(value) && Math.abs(value) <= 0x7fffffff ? value : 0
}

function isText (value) {
  return typeof value === 'string' && value !== ''
}
