import { expect, test } from 'vitest'
import { createPinBoard, namesIn } from '../../../agent/policy/pin-board.ts'
import type { PinFile } from '../../../agent/policy/pin-file.ts'
import { createPolicy } from '../../../agent/policy/policy.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const file: PinFile = { path: 'pins.json', read: async () => ({ version: 1, connections: {} }), write: async () => {} }

function policyOf(groups: string) {
  const text = `version: 1\nconnections: {main: {allow: [org.get], groups: {allow: [${groups}]}}, other: {allow: []}}\n`
  return createPolicy({ jobs: new Map([['org.get', 'read']]), file: { path: 'policy.yaml', text } })
}

test('knows which names a policy has', () => {
  expect(namesIn(policyOf('6026da081f24755306c2ee0d, Sales, Ops'))).toEqual(new Map([['main', ['Sales', 'Ops']]]))
  expect(namesIn(policyOf('6026da081f24755306c2ee0d'))).toEqual(new Map())
})

test('waits for a JumpCloud that does not answer, but not for long', async () => {
  const clock = createFakeClock()
  const never = Promise.withResolvers<never>().promise
  const board = createPinBoard({ file, jumpcloud: () => never, clock, log: silent })

  const followed = board.follow(policyOf('Sales'))
  await clock.asleep(5000)
  await clock.advance(5000)
  await followed

  expect(board.of('main')).toEqual(new Map())
})

test('says of a name why it could not be looked up, and nothing of the host', async () => {
  const board = createPinBoard({
    ...{ file, clock: createFakeClock(), log: silent },
    jumpcloud: () => Promise.reject(new Error('/var/lib/sallyport: no')),
  })

  await board.follow(policyOf('Sales'))

  const pin = board.of('main').get('Sales')
  expect(pin).toMatchObject({ state: 'unresolved' })
  expect(JSON.stringify(pin)).not.toContain('/var')
})
