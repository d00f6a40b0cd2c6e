import { expect, test } from 'vitest'
import { openLead } from '../../../agent/session/lead.ts'
import { pinKeys } from '../../../agent/session/pinned-keys.ts'
import { openSession } from '../../support/open-session.ts'
import { signingKey, statementOf } from '../../support/plane-peer-keys.ts'
import { leadVectors, testKeys } from '../../support/vectors.ts'

const vectors = leadVectors()
const keys = pinKeys(statementOf(vectors.to.plane, 1, signingKey(testKeys().plane)))

test.each(vectors.cases)('a lead of the vectors: $name', ({ jws, payload, close }) => {
  const judge = () => openLead(jws, keys, vectors.to)

  if (close) return expect(judge).toThrow()
  expect(payload).toMatchObject(judge())
})

test('the lead changes hands while the session is open, and an older epoch is ignored', async () => {
  await using open = await openSession()
  const { plane, session, agent } = open
  const { agent: name, replica, nonce } = session.body
  const say = (lead: boolean, epoch: number) => {
    const payload = { plane: plane.id, agent: name, replica, nonce, lead, epoch }
    session.send({ type: 'lead', jws: plane.key.sign('sallyport-lead', payload) })
  }

  say(true, 3)
  expect(await agent.line('session.lead')).toMatchObject({ lead: true, epoch: 3 })
  const toldBefore = agent.lines.length
  say(false, 2)
  expect(await agent.line('session.lead_ignored')).toMatchObject({ lead: false, epoch: 2, known: 3 })
  say(false, 4)

  expect(await agent.line('session.lead', toldBefore)).toMatchObject({ lead: false, epoch: 4 })
})

test('a lead that cannot be believed ends the session', async () => {
  await using open = await openSession()
  const { plane, session } = open
  const { agent, replica } = session.body
  const payload = { plane: plane.id, agent, replica, nonce: 'b'.repeat(43), lead: true, epoch: 9 }

  session.send({ type: 'lead', jws: plane.key.sign('sallyport-lead', payload) })

  expect(await session.closed).toMatchObject({ code: 4412 })
})
