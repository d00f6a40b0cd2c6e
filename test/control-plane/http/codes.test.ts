import { parseEnrolmentCode } from '@sallyport/protocol'
import { expect, test } from 'vitest'
import { startControlPlane } from '../../support/control-plane.ts'

test('makes a code that can be read, for a body or none, and keeps its secret out of the audit log', async () => {
  await using world = await startControlPlane()
  const token = await world.token('agents:write@acme')
  const path = '/v1/agents/acme/codes'

  const plain = await world.ask({ method: 'POST', path, token })
  const short = await world.ask({ method: 'POST', path, token, body: { ttlMs: 1000 } })

  expect(plain).toMatchObject({ status: 201, json: { expiresAt: '2026-03-04T05:21:07.123Z' } })
  expect(short).toMatchObject({ status: 201, json: { expiresAt: '2026-03-04T05:06:08.123Z' } })
  const { secret } = parseEnrolmentCode(codeOf(plain.json))
  const audit = await world.store.audit.list({ limit: 2 })
  expect(audit).toMatchObject([
    { action: 'code.created' },
    { action: 'code.created', actor: 'token-1', target: 'acme' },
  ])
  expect(JSON.stringify(audit)).not.toContain(secret)
})

test('revokes a code, and only for a token of its agent', async () => {
  await using world = await startControlPlane()
  const { id } = await world.plane.administration.createCode('test', 'acme')
  const own = await world.token('agents:write@acme')
  const foreign = await world.token('agents:write@other')
  const remove = (code: string, token: string) => world.ask({ method: 'DELETE', path: `/v1/codes/${code}`, token })

  expect(await remove(id, foreign)).toMatchObject({ status: 403, json: { error: { code: 'scope_missing' } } })
  expect((await remove(id, own)).status).toBe(204)
  expect(await remove('unknown', own)).toMatchObject({ status: 404, json: { error: { code: 'code_unknown' } } })

  expect((await world.store.codes.get(id))?.revokedAt).toBe(world.clock.now())
})

test('a ttl that cannot be is refused', async () => {
  await using world = await startControlPlane()
  const token = await world.token('agents:write')

  const answer = await world.ask({ method: 'POST', path: '/v1/agents/acme/codes', token, body: { ttlMs: 1e12 } })

  expect(answer).toMatchObject({ status: 400, json: { error: { code: 'request_invalid' } } })
})

function codeOf(json: unknown): string {
  const code = typeof json === 'object' && json !== null && 'code' in json ? json.code : undefined
  return typeof code === 'string' ? code : ''
}
