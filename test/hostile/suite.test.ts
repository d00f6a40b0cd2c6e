// The suite about itself: how many attacks it names, and that what is looked at after each of them is really seen.

import { globSync, readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { withstand } from '../support/attack.ts'
import type { Ground } from '../support/hostile-ground.ts'
import { attackNames } from '../support/source/attack-names.ts'

const directory = import.meta.dirname

test('names two hundred attacks, and none of them twice', () => {
  const names = globSync('*.test.ts', { cwd: directory }).flatMap((file) =>
    attackNames(file, readFileSync(join(directory, file), 'utf8')),
  )

  expect(names.length).toBeGreaterThanOrEqual(200)
  expect(names.filter((name, index) => names.indexOf(name) < index)).toEqual([])
})

const successes: Readonly<Record<string, { readonly act: (ground: Ground) => unknown; readonly told: string }>> = {
  'a request that the policy does not allow': {
    act: ({ ask }) => ask('groups.list'),
    told: 'asked of JumpCloud',
  },
  'a change that the policy does not allow': {
    act: ({ ask, cast, mayAsk }) => {
      mayAsk(/./)
      return ask('groups.members.add', { groupId: cast.groupId, userIds: cast.outsiders.slice(0, 1) })
    },
    told: 'changed at JumpCloud',
  },
  'a visit to the attacker': {
    act: ({ elsewhere }) => fetch(elsewhere.url, { signal: AbortSignal.timeout(50) }).catch(() => {}),
    told: 'connections to the attacker',
  },
  'the key in a frame': {
    act: ({ session, jumpcloud }) => Object.assign(session.said[0] ?? {}, { text: jumpcloud.keys.administrator }),
    told: "JumpCloud's key in frames",
  },
  'the key of the replica in a file': {
    act: async ({ agent }) => {
      const { key } = await agent.identityFile.read()
      await writeFile(join(agent.stateDirectory, 'notes.txt'), Buffer.from(key.d).toString('hex'))
    },
    told: "the replica's key in files",
  },
  'a line of the ledger that was changed': {
    act: async ({ agent, ask }) => {
      await ask('no.such')
      const path = join(agent.stateDirectory, 'ledger/000001.jsonl')
      await agent.ledger.durable()
      await writeFile(path, (await readFile(path, 'utf8')).replace('no.such', 'org.get'))
    },
    told: 'fault',
  },
}

test.each(Object.entries(successes))('sees %s', async (_what, { act, told }) => {
  await expect(withstand(async (ground) => await act(ground))).rejects.toThrow(told)
})
