import { expect, test } from 'vitest'
import { startControlPlane } from '../../support/control-plane.ts'
import { putFinishedRun } from '../../support/finished-run.ts'

test('is ready while the store can be read, and says why it is not', async () => {
  await using world = await startControlPlane()

  expect(await world.ask({ path: '/readyz' })).toMatchObject({ status: 200, json: { ok: true, reasons: [] } })
  await world.store.close()
  expect(await world.ask({ path: '/readyz' })).toMatchObject({
    status: 503,
    json: { ok: false, reasons: ['the store cannot be read'] },
  })
  expect(await world.ask({ path: '/healthz' })).toMatchObject({ status: 200, json: { ok: true } })
})

test('is not ready once it is stopping', async () => {
  await using world = await startControlPlane()

  const closed = world.plane.close()

  expect(await world.ask({ path: '/readyz' })).toMatchObject({ status: 503, json: { reasons: ['it is stopping'] } })
  await closed
})

test('gives figures in the text format of Prometheus, to a token', async () => {
  await using world = await startControlPlane()
  const token = await world.token('agents:read')
  await putFinishedRun(world, [[]])

  const { status, text } = await world.ask({ path: '/metrics', token })

  expect(status).toBe(200)
  expect(text).toContain('\nsallyport_sessions 0\n')
  expect(text).toContain('\nsallyport_runs{state="done"} 1\n')
  expect(text).toContain('\nsallyport_ignored_frames_total 0\n')
  expect((await world.ask({ path: '/metrics' })).status).toBe(401)
})

test('keeps the figures of all agents from a token that is for one', async () => {
  await using world = await startControlPlane()
  const token = await world.token('agents:read@acme')

  expect(await world.ask({ path: '/metrics', token })).toMatchObject({
    status: 403,
    json: { error: { code: 'scope_missing' } },
  })
})
