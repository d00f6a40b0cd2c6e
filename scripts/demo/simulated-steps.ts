// The main job against the simulated JumpCloud: read, write, write again, be refused, undo, and prove that the key stayed.

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SimulatedInstallation } from '../../test/support/installation.ts'
import { findTraces, tracesOf } from '../../test/support/key-traces.ts'
import type { Row } from '../../test/support/plane-caller.ts'
import type { SimulatedState } from '../../test/support/simulator-program.ts'
import type { Narrator } from './narrate.ts'

type Step = (installation: SimulatedInstallation, narrator: Narrator) => Promise<void>

/** Two groups that take members by hand, without that of everybody: changes are allowed in the first, not in the other. */
function pickGroups({ groups, users }: SimulatedState) {
  const [mine, other] = groups.filter(
    ({ membershipMethod, members }) => membershipMethod === 'STATIC' && members.length < users.length,
  )
  if (mine === undefined || other === undefined) throw new Error('the simulated JumpCloud has too few groups')
  return { mine, other }
}

export function simulatedPolicy(state: SimulatedState): string {
  return [
    'version: 1',
    'connections:',
    '  main:',
    '    allow: [org.get, users.list, groups.list, groups.get, groups.members.list,',
    '            groups.members.add, groups.members.remove, events.pull]',
    `    groups: { allow: [${pickGroups(state).mine.id}] }`,
    '',
  ].join('\n')
}

const listGroups: Step = async ({ run }, narrator) => {
  const { rows, state, tookMs } = await run('groups.list', {})
  const names = rows.slice(0, 3).map(({ name }) => name)
  const ok = state === 'done' && rows.length > 0
  const figures = { rows: rows.length, tookMs: Math.round(tookMs) }
  narrator.step('list groups', ok, `${rows.length} groups: ${names.join(', ')}, …`, figures)
}

/** Whom the steps after this one are about: somebody who is not in the group yet. */
async function choose({ simulator, run }: SimulatedInstallation) {
  const state = await simulator.state()
  const { mine, other } = pickGroups(state)
  const members = (await run('groups.members.list', { groupId: mine.id })).rows.map(({ userId }) => userId)
  const user = state.users.find(({ id }) => !members.includes(id))
  if (user === undefined) throw new Error('the simulated JumpCloud has everybody in one group')
  return { mine, other, user }
}

const changeMembers: Step = async (installation, narrator) => {
  const startAt = new Date(Date.now() - 1000).toISOString()
  const { mine, other, user } = await choose(installation)
  const change = async (name: string, job: string, expected: string) => {
    const { rows, error, tookMs } = await installation.run(job, { groupId: mine.id, userIds: [user.id] })
    const outcome = String(rows[0]?.outcome ?? error?.message)
    const figures = { tookMs: Math.round(tookMs) }
    narrator.step(name, outcome === expected, `${outcome}: ${user.username} in ${mine.name}`, figures)
  }
  await change('add a member', 'groups.members.add', 'applied')
  await change('add it again', 'groups.members.add', 'already')
  const { state, error } = await installation.run('groups.members.add', { groupId: other.id, userIds: [user.id] })
  const rule = String(error?.rule)
  narrator.step('be refused', state === 'refused' && rule.includes('groups'), `${state}: ${error?.message}`, { rule })
  await change('remove the member', 'groups.members.remove', 'applied')
  await pullEvents(installation, narrator, { startAt, isAbout: [user.id, mine.id] })
}

type Pull = { readonly startAt: string; readonly isAbout: readonly string[] }

async function pullEvents({ run }: SimulatedInstallation, narrator: Narrator, { startAt, isAbout }: Pull) {
  const endAt = new Date(Date.now() + 1000).toISOString()
  const { rows, tookMs } = await run('events.pull', { startAt, endAt })
  const mine = rows.filter((row) => row.type === 'association_change' && names(row, isAbout))
  const outcome = `${rows.length} events; ${mine.length} show the member coming and going`
  narrator.step('pull events', mine.length === 2, outcome, { rows: rows.length, tookMs: Math.round(tookMs) })
}

const names = (row: Row, ids: readonly string[]) => ids.every((id) => JSON.stringify(row).includes(id))

/** All that the control plane received: every byte on its socket, every line that it wrote, every file that it keeps. */
async function receivedByPlane({ relay, plane }: SimulatedInstallation): Promise<string> {
  const files = (await readdir(plane.state)).sort()
  const texts = await Promise.all(files.map((name) => readFile(join(plane.state, name), 'latin1')))
  return [relay.readable(), ...plane.lines(), ...texts].join('\n')
}

const proveTheKeyStayed: Step = async (installation, narrator) => {
  const { key } = installation.simulator
  const received = await receivedByPlane(installation)
  const found = findTraces(received, key)
  // A search that finds nothing proves nothing by itself: what is known to have been sent must be found by it.
  const { users } = await installation.simulator.state()
  const seesWhatWasSent = users.some(({ id }) => received.includes(id))
  const outcome =
    found.length === 0
      ? 'the key is in nothing that the control plane received'
      : `the control plane received the key: ${found.join(', ')}`
  narrator.step('prove the key stayed', found.length === 0 && seesWhatWasSent, outcome, {
    searchedBytes: received.length,
    formsSearched: tracesOf(key).length,
    found: found.length,
    seesWhatWasSent,
  })
}

export const simulatedSteps: readonly Step[] = [listGroups, changeMembers, proveTheKeyStayed]
