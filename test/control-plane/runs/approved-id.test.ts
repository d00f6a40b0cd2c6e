import { writeRunText } from '@sallyport/protocol'
import { expect, test } from 'vitest'
import { openPeer } from '../../support/agent-peer.ts'
import { approvalFor, makeApprover } from '../../support/approval.ts'
import { startGateway } from '../../support/gateway.ts'
import { membersAdd } from '../../support/submissions.ts'

const id = 'approved_0000000001'
const { agent: _, ...run } = { ...membersAdd, id, params: { ...Object(membersAdd.params), dryRun: false } }

test('a run that was approved is made with the id and the bytes that were, sent with its approval, and one however often it is posted', async () => {
  await using plane = await startGateway()
  await using peer = await openPeer(plane.url, await plane.enrol())
  const { approve } = await makeApprover()
  const approval = await approve(approvalFor(id, writeRunText(run), 1))

  const first = await plane.runs.submit({ ...membersAdd, approval })
  const second = await plane.runs.submit({ ...membersAdd, approval })

  expect(first).toMatchObject({ existing: false, run: { id, text: writeRunText(run) } })
  expect(second).toMatchObject({ existing: true, run: { id } })
  expect(await peer.order()).toMatchObject({ id, approval })
})

test('an approval of something else is refused to whoever posts it', async () => {
  await using plane = await startGateway()
  await plane.enrol()
  const { approve } = await makeApprover()
  const said = approvalFor(id, writeRunText(run), 1)
  const post = async (payload: object, part: object = {}) =>
    plane.runs.submit({ ...membersAdd, approval: await approve(payload), ...part })

  await expect(post(said, { requester: 'another' })).rejects.toMatchObject({ code: 'request_invalid' })
  await expect(post({ ...said, agent: 'other' })).rejects.toThrow('is for another agent')
  await expect(post({ ...said, run: 'run-00000002' })).rejects.toThrow('is for another run')
  await expect(post({})).rejects.toThrow('not in the form')
})
