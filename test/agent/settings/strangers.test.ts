import { expect, test } from 'vitest'
import type { Seen } from '../../../agent/ports/surroundings.ts'
import { strangersAmong } from '../../../agent/settings/strangers.ts'

const owners = new Map([
  ['/state', 700],
  ['/root.yaml', 0],
  ['/own.yaml', 500],
  ['/agent.yaml', 700],
  ['/other.yaml', 1000],
  ['/open.yaml', 0],
])

const surroundings = {
  uid: 500,
  see: async (path: string): Promise<Seen | undefined> => {
    const uid = owners.get(path)
    return uid === undefined
      ? undefined
      : { kind: 'file', mode: path === '/open.yaml' ? 0o646 : 0o664, uid, byteCount: 0, changedAt: 0 }
  },
}

test('a file of root, of this user or of the owner of the state directory is no stranger, and any other is', async () => {
  const paths = ['/root.yaml', '/own.yaml', '/agent.yaml', '/other.yaml', '/nothing.yaml', undefined]

  expect(await strangersAmong({ paths, state: '/state', surroundings })).toEqual([
    {
      path: '/other.yaml',
      says: '/other.yaml belongs to user 1000, who is neither root nor the user of the agent, and can change what it says',
      mend: 'chown root /other.yaml',
    },
  ])
})

test('a file that everybody may write is one, whosever it is', async () => {
  expect(await strangersAmong({ paths: ['/open.yaml'], state: '/state', surroundings })).toEqual([
    {
      path: '/open.yaml',
      says: '/open.yaml may be written by everybody on this host, who can change what it says',
      mend: 'chmod o-w /open.yaml',
    },
  ])
})

test('where there is no state directory yet, nobody is its owner', async () => {
  const paths = ['/agent.yaml', '/own.yaml']

  expect(await strangersAmong({ paths, state: '/nowhere', surroundings })).toMatchObject([{ path: '/agent.yaml' }])
})
