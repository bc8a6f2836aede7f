// A product in Node, beside the identity program: docs/beside.md.
//   npm install standardwebhooks
//   API_TOKEN=… NOTIFY_SECRET=… node receive.js
'use strict'
const fs = require('node:fs')
const http = require('node:http')
const { Webhook } = require('standardwebhooks')

const { IDENTITY_URL = 'http://localhost:4242', API_TOKEN, NOTIFY_SECRET, PORT = '3000' } = process.env
const webhook = new Webhook(NOTIFY_SECRET)
const later = 'Please try again in a minute.'

// Yours: the id of the user who is signed in, from your session.
const signedIn = (request) => 'customer-1'

// Yours: what follows. `verified` says how it is now. Decide by it, not by the type.
function act({ type, timestamp, data }) {
  console.log(`${timestamp} ${type}: ${data.user_id} is ${data.verified ? 'verified' : 'not verified'}`)
}

// Yours: a table in which each id is unique, in one transaction with what follows. Here a crash while it acts loses the webhook.
async function once(id, what) {
  fs.mkdirSync('seen', { recursive: true })
  try { fs.mkdirSync(`seen/${id}`) } catch (e) { if (e.code === 'EEXIST') return; throw e }
  try { await what() } catch (e) { fs.rmdirSync(`seen/${id}`); throw e }
}

// The signature is over the bytes as they came, so nothing may parse them before. Whatever is not answered 2xx comes again.
async function receive(request) {
  let body = Buffer.alloc(0), event
  for await (const chunk of request) if ((body = Buffer.concat([body, chunk])).length > 65536) return [413, 'Too large']
  try { event = webhook.verify(body, request.headers) } catch { return [401, 'Bad signature'] }
  if (event.type !== 'test') await once(request.headers['webhook-id'], () => act(event))
  return [204, '']
}

async function ask(method, request, path = '') {
  const headers = { Authorization: `Bearer ${API_TOKEN}`, 'Accept-Language': request.headers['accept-language'] ?? '*' }
  const response = await fetch(`${IDENTITY_URL}/api/users/${encodeURIComponent(signedIn(request))}${path}`,
    { method, headers, signal: AbortSignal.timeout(20_000) })
  return [response.status, await response.json(), response.headers.get('Retry-After') ?? '60']
}

// Where the button leads. The other 409 and 403 (processing, in_review, rejected) have a message for the user. Nothing else has: a
// wrong token is your business, and 503 (Stripe does not answer) is over soon.
async function verify(request) {
  const [status, { url, error }, seconds] = await ask('POST', request, '/verification-session')
  if (status === 200) return [303, '', { Location: url }]
  if (error.code === 'already_verified') return [303, '', { Location: '/members' }]
  if (error.code === 'attempts_exhausted') return [403, 'There are no attempts left. Please write to us.']
  if (status === 409 || status === 403) return [status, error.message]
  console.error(`identity: ${status} ${error.code}`)
  return [503, later, { 'Retry-After': seconds }]
}

// Ask before each thing that is for verified people only.
async function members(request) {
  const [, { verified, status }] = await ask('GET', request)
  if (verified === true) return [200, 'Welcome, member.']
  if (status === 'processing') return [403, 'Your document is being checked.']
  return [403, '<form method="post" action="/verify"><button>Verify me</button></form>', { 'Content-Type': 'text/html' }]
}

const routes = { 'POST /webhooks/identity': receive, 'POST /verify': verify, 'GET /members': members }
http.createServer(async (request, response) => {
  const route = routes[`${request.method} ${request.url.split('?')[0]}`] ?? (async () => [404, 'Not found'])
  const [status, text, headers] = await route(request).catch((e) => { console.error(e); return [500, later] })
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', ...headers }).end(text)
}).listen(PORT, '127.0.0.1')
