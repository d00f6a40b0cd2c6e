import { expect, test } from 'vitest'
import { openPeer } from '../../support/agent-peer.ts'
import { startGateway } from '../../support/gateway.ts'
import { groupsList, membersAdd } from '../../support/submissions.ts'

test('runs that are ready together share one signature', async () => {
  await using plane = await startGateway()
  await using peer = await openPeer(plane.url, await plane.enrol())
  await plane.runs.submit(groupsList)
  await peer.order()

  const submitted = await Promise.all([1, 2, 3].map(() => plane.runs.submit(groupsList)))

  expect((await peer.batch()).map(({ id }) => id)).toEqual(submitted.map(({ run }) => run.id))
})

test('runs of one turn share it too, whenever in the turn they are asked for', async () => {
  await using plane = await startGateway()
  await using peer = await openPeer(plane.url, await plane.enrol())
  await plane.runs.submit(groupsList)
  await peer.order()

  const first = plane.runs.submit(groupsList)
  for (let step = 0; step < 50; step += 1) await Promise.resolve()
  const second = plane.runs.submit(groupsList)

  expect((await peer.batch()).map(({ id }) => id)).toEqual([(await first).run.id, (await second).run.id])
})

test('a batch stays under half a MiB on the wire, however large its runs are', async () => {
  await using plane = await startGateway()
  const identity = await plane.enrol()
  // An instant may have any number of digits: about 16 KiB for each run.
  const zeros = '0'.repeat(8000)
  const params = { startAt: `2026-03-01T00:00:00.${zeros}Z`, endAt: `2026-03-02T00:00:00.${zeros}Z` }
  const events = { ...groupsList, job: 'events.pull', params }
  const submitted = await Promise.all(Array.from({ length: 30 }, () => plane.runs.submit(events)))

  await using peer = await openPeer(plane.url, identity)
  const sizes: number[] = []
  let count = 0
  while (count < submitted.length) {
    const frame = await peer.next('run')
    sizes.push(JSON.stringify(frame).length)
    count += runCountOf(frame)
  }

  expect(sizes.length).toBeGreaterThan(1)
  expect(Math.max(...sizes)).toBeLessThan(512 * 1024)
})

test('a signer that fails ends the session, and the runs wait for the next', async () => {
  let isBroken = true
  await using plane = await startGateway({
    sign: (honest) => (type, payload) => {
      if (type === 'sallyport-batch' && isBroken) throw new Error('the KMS is away')
      return honest.sign(type, payload)
    },
  })
  const identity = await plane.enrol()
  await using peer = await openPeer(plane.url, identity)

  const { run } = await plane.runs.submit(membersAdd)
  const closed = await peer.closed
  isBroken = false
  await using again = await openPeer(plane.url, identity)

  expect(closed.code).toBe(4500)
  expect(await again.order()).toMatchObject({ id: run.id, attempt: 2 })
})

test('a cancel that is asked for while its batch is being signed follows the batch', async () => {
  const signing = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  await using plane = await startGateway({
    sign: (honest) => async (type, payload) => {
      if (type === 'sallyport-batch') {
        signing.resolve()
        await released.promise
      }
      return honest.sign(type, payload)
    },
  })
  await using peer = await openPeer(plane.url, await plane.enrol())
  const { run } = await plane.runs.submit(groupsList)
  await signing.promise

  await plane.runs.cancel('test', run.id)
  released.resolve()
  const cancel = await peer.next('cancel')

  expect(cancel).toMatchObject({ run: run.id })
  expect(peer.unread().map(({ type }) => type)).toEqual(['run'])
})

function runCountOf({ jws }: Readonly<Record<string, unknown>>): number {
  const payload = Buffer.from(String(jws).split('.')[1] ?? '', 'base64url').toString('utf8')
  return JSON.parse(payload).runs.length
}
