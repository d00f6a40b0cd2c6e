// The real JumpCloud: reads only. The policy allows no write, and one is tried to show it.

import type { Installation } from '../../test/support/installation.ts'
import type { Narrator } from './narrate.ts'

type Step = (installation: Installation, narrator: Narrator) => Promise<void>

export const realPolicy = [
  'version: 1',
  'connections:',
  '  main:',
  '    allow: [org.get, users.list, groups.list, groups.get, groups.members.list, events.pull]',
  '',
].join('\n')

/** With a credential that JumpCloud refuses, a run waits so long for another one. */
const patienceMs = 3000

const read =
  (name: string, job: string, params: () => unknown): Step =>
  async ({ run }, narrator) => {
    const { state, rows, error, tookMs } = await run(job, params(), { ttlMs: patienceMs })
    const done = state === 'done'
    const outcome = done
      ? `${rows.length} ${rows.length === 1 ? 'row' : 'rows'} of ${job}`
      : `${state}: ${error?.message}`
    const figures = { rows: rows.length, tookMs: Math.round(tookMs) }
    narrator.step(name, done, outcome, done ? figures : { ...figures, code: String(error?.code) })
  }

const beRefused: Step = async ({ run }, narrator) => {
  const nobody = '000000000000000000000000'
  const { state, error } = await run('groups.members.add', { groupId: nobody, userIds: [nobody] })
  narrator.step('be refused', state === 'refused', `${state}: ${error?.message}`, { rule: String(error?.rule) })
}

const lastHour = () => ({
  startAt: new Date(Date.now() - 60 * 60 * 1000).toISOString(),
  endAt: new Date().toISOString(),
})

export const realSteps: readonly Step[] = [
  read('organisation', 'org.get', () => ({})),
  read('list groups', 'groups.list', () => ({})),
  read('list users', 'users.list', () => ({})),
  read('pull events', 'events.pull', lastHour),
  beRefused,
]
