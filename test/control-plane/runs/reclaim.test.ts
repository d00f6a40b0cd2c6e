import { expect, test } from 'vitest'
import { connectPeer, openPeer } from '../../support/agent-peer.ts'
import { startGateway } from '../../support/gateway.ts'
import { groupRows, groupsList, membersAdd } from '../../support/submissions.ts'

test('a replica that comes back while its answer is being stored keeps the run where the store does not take it', async () => {
  await using plane = await startGateway()
  const identity = await plane.enrol()
  await using peer = await openPeer(plane.url, identity)
  const { run } = await plane.runs.submit(membersAdd)
  const order = await peer.order()
  const { step } = plane.store.runs
  const { promise: full, reject: fillDisk } = Promise.withResolvers<never>()
  const begun = Promise.withResolvers<void>()
  const stuck = () => {
    begun.resolve()
    return full
  }
  Object.assign(plane.store.runs, { step: stuck })
  peer.answer(order, [], { outcome: 'applied' })
  await begun.promise

  await using again = await connectPeer(plane.url, identity, { held: [{ run: run.id, attempt: 1 }] })
  await peer.closed
  Object.assign(plane.store.runs, { step })
  fillDisk(new Error('disk full'))

  expect((await again.welcome()).held).toEqual([{ run: run.id, attempt: 1, keep: true, next: 0 }])
})

test('a session that began behind a page that was then not stored ends too, and the next one gets the page again', async () => {
  await using plane = await startGateway()
  const identity = await plane.enrol()
  await using peer = await openPeer(plane.url, identity)
  const { run } = await plane.runs.submit(groupsList)
  const { add } = plane.store.pages
  const { promise: full, reject: fillDisk } = Promise.withResolvers<never>()
  const begun = Promise.withResolvers<void>()
  const stuck = () => {
    begun.resolve()
    return full
  }
  Object.assign(plane.store.pages, { add: stuck })
  peer.page(await peer.order(), 0, groupRows(0, 1))
  await begun.promise
  const held = [{ run: run.id, attempt: 1 }]
  await using again = await connectPeer(plane.url, identity, { held })
  const before = (await again.welcome()).held

  fillDisk(new Error('disk full'))
  await again.closed
  Object.assign(plane.store.pages, { add })
  await using third = await connectPeer(plane.url, identity, { held })

  expect(before).toMatchObject([{ keep: true, next: 1 }])
  expect((await third.welcome()).held).toMatchObject([{ keep: true, next: 0 }])
})
