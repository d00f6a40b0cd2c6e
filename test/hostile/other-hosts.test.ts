// Who would have the agent go somewhere else: with the key, or only to see whether it comes. That nobody arrived there is
// looked at after every attack.

import { expect } from 'vitest'
import { attack, attacks } from '../support/attack.ts'

attacks(
  'a run that names another host %s',
  {
    'beside its params': { baseUrl: 'URL', baseUrls: { console: 'URL', api: 'URL' }, proxy: 'URL', region: 'eu' },
    'in place of the address of its connection': { connection: 'main', connections: { main: { baseUrls: 'URL' } } },
  },
  async ({ ask, elsewhere, mayAsk }, more) => {
    mayAsk(/^GET \/api\/organizations$/)

    const named = JSON.parse(JSON.stringify(more).replaceAll('URL', elsewhere.url))

    expect(await ask('org.get', {}, named)).toMatchObject({ type: 'done' })
  },
)

attack('a run that names another host among its params', async ({ ask, elsewhere }) => {
  const answer = await ask('org.get', { baseUrl: elsewhere.url, url: elsewhere.url })

  expect(answer).toMatchObject({ error: { code: 'params_invalid' } })
})

attack('a JumpCloud that sends the agent on to another host, with its key', async (ground) => {
  const { ask, elsewhere, jumpcloud, mayAsk } = ground
  mayAsk(/^GET \/api\/v2\/usergroups$/)
  const lever = jumpcloud.levers.redirect302({ path: '/api/v2/usergroups', location: `${elsewhere.url}/api` })

  expect(await ask('groups.list')).toMatchObject({ type: 'failed' })
  lever.release()
})

attacks(
  'an upgrade that is answered with the address of another host, as %s',
  { 'moved for good': '301', 'to be found there': '302', 'to be asked again there': '307', 'a choice of many': '300' },
  async ({ plane, session, elsewhere, agent }, status) => {
    plane.levers.upgrade = (socket) => {
      socket.end(`HTTP/1.1 ${status} Moved\r\nlocation: ${elsewhere.url}/v1/session\r\ncontent-length: 0\r\n\r\n`)
    }
    session.cut()

    expect(await agent.line('session.failed')).toMatchObject({ error: { code: 'plane_answer_unexpected' } })
  },
)

attack('a farewell that names where to come back to', async ({ session, elsewhere, comeBack }) => {
  const there = { url: elsewhere.url, host: elsewhere.url, plane: elsewhere.url }
  session.send({ type: 'leave', reason: 'move', backMs: 0, ...there })

  expect((await comeBack()).body.replica).toBe('replica-1')
})

attack('a challenge and a welcome that name another address', async ({ session, plane, elsewhere, comeBack }) => {
  plane.levers.challenge = (honest) => ({ ...honest, url: elsewhere.url, redirect: elsewhere.url })
  plane.levers.welcome = (honest) => ({ ...honest, url: elsewhere.url, planeUrl: elsewhere.url })
  session.cut()

  await comeBack()
})

attack('a signature whose key is to be fetched', async ({ session, plane, elsewhere }) => {
  const { agent, replica, nonce } = session.body
  const payload = { plane: plane.id, agent, replica, nonce, sentAfterMs: 0, runs: [] }
  const [jku, x5u] = [`${elsewhere.url}/jwks.json`, `${elsewhere.url}/cert.pem`]

  const kid = 'k'.repeat(43)
  session.send({ type: 'run', jws: plane.key.sign('sallyport-batch', payload, { jku, x5u, kid }) })

  expect(await session.next('refused')).toMatchObject({ error: { code: 'batch_key_unknown' } })
})
