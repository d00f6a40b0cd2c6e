// The main job against the simulated JumpCloud: read, write, write again, be refused, undo, and prove that the key stayed.

import { randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { encodingsOf } from '../../agent/vault/secret-encodings.ts'
import type { Installation, InstallationOptions } from '../../test/support/installation.ts'
import type { Narrator } from './narrate.ts'

type Step = (installation: Installation, narrator: Narrator) => Promise<void>

const group = z.object({ id: z.string(), name: z.string(), membershipMethod: z.string() })

/** Allows changes in the first static group, and in no other. */
export const simulatedPolicy: InstallationOptions['policy'] = async (jumpcloud) => {
  const { mine } = await pickGroups(jumpcloud)
  return [
    'version: 1',
    'connections:',
    '  main:',
    '    allow: [org.get, users.list, groups.list, groups.get, groups.members.list,',
    '            groups.members.add, groups.members.remove, events.pull]',
    `    groups: { allow: [${mine.id}] }`,
    '',
  ].join('\n')
}

async function pickGroups(jumpcloud: { get(path: string): Promise<unknown> }) {
  const listed = z.array(z.object({ id: z.string() })).parse(await jumpcloud.get('/api/v2/usergroups?limit=100'))
  const whole = await Promise.all(listed.map(({ id }) => jumpcloud.get(`/api/v2/usergroups/${id}`)))
  const groups = z.array(group).parse(whole)
  const [mine, other] = groups.filter(({ membershipMethod }) => membershipMethod === 'STATIC')
  if (mine === undefined || other === undefined)
    throw new Error('the simulated JumpCloud has fewer than two static groups')
  return { mine, other }
}

/** What the steps share: chosen by the first, used by the later ones. */
type Chosen = {
  readonly groupId: string
  readonly groupName: string
  readonly otherId: string
  readonly userId: string
  readonly username: string
}

async function choose({ simulator, run }: Installation): Promise<Chosen> {
  const get = async (path: string) =>
    (await fetch(`${simulator?.url}${path}`, { headers: { 'x-api-key': simulator?.key ?? '' } })).json()
  const { mine, other } = await pickGroups({ get })
  const members = new Set((await run('groups.members.list', { groupId: mine.id })).rows.map(({ userId }) => userId))
  const users = (await run('users.list', {})).rows
  const user = users.find(({ id }) => !members.has(id))
  return {
    groupId: mine.id,
    groupName: mine.name,
    otherId: other.id,
    userId: String(user?.id),
    username: String(user?.username),
  }
}

const round = Math.round
const rowOutcome = (rows: readonly Readonly<Record<string, unknown>>[]) => String(rows[0]?.outcome ?? 'no row')

const listGroups: Step = async ({ run }, narrator) => {
  const { rows, state, tookMs } = await run('groups.list', {})
  const names = rows.slice(0, 3).map(({ name }) => name)
  narrator.step('list groups', state === 'done' && rows.length > 0, `${rows.length} groups: ${names.join(', ')}, …`, {
    rows: rows.length,
    tookMs: round(tookMs),
  })
}

const changeMembers: Step = async (installation, narrator) => {
  const startAt = new Date(Date.now() - 1000).toISOString()
  const { groupId, groupName, otherId, userId, username } = await choose(installation)
  const change = async (name: string, job: string, expected: string) => {
    const { rows, tookMs } = await installation.run(job, { groupId, userIds: [userId] })
    const outcome = rowOutcome(rows)
    narrator.step(name, outcome === expected, `${outcome}: ${username} in ${groupName}`, { tookMs: round(tookMs) })
  }
  await change('add a member', 'groups.members.add', 'applied')
  await change('add it again', 'groups.members.add', 'already')
  const refused = await installation.run('groups.members.add', { groupId: otherId, userIds: [userId] })
  const rule = String(refused.error?.rule ?? '')
  const rightly = refused.state === 'refused' && rule.includes('groups.allow')
  narrator.step('be refused', rightly, `${refused.state}: ${String(refused.error?.message)}`, { rule })
  await change('remove the member', 'groups.members.remove', 'applied')
  await pullEvents(installation, narrator, { startAt, userId, groupId })
}

type Pull = { readonly startAt: string; readonly userId: string; readonly groupId: string }

async function pullEvents(
  { run }: Installation,
  narrator: Narrator,
  { startAt, userId, groupId }: Pull,
): Promise<void> {
  const endAt = new Date(Date.now() + 1000).toISOString()
  const { rows, tookMs } = await run('events.pull', { startAt, endAt })
  const mine = rows.filter(({ type, event }) => {
    const text = JSON.stringify(event)
    return type === 'association_change' && text.includes(userId) && text.includes(groupId)
  })
  narrator.step(
    'pull events',
    mine.length === 2,
    `${rows.length} events; ${mine.length} show the member coming and going`,
    {
      rows: rows.length,
      tookMs: round(tookMs),
    },
  )
}

/** All that the control plane received: every byte on its socket, every line that it wrote, every file that it keeps. */
async function receivedByPlane({ relay, programs, directory }: Installation): Promise<string> {
  const state = join(directory, 'control-plane')
  const names = (await readdir(state)).sort()
  const files = await Promise.all(names.map((name) => readFile(join(state, name), 'latin1')))
  return [relay.readable(), ...programs.plane.lines, ...files].join('\n')
}

const proveTheKeyStayed: Step = async (installation, narrator) => {
  const key = installation.simulator?.key ?? ''
  const received = await receivedByPlane(installation)
  const found = encodingsOf(key).filter(({ text }) => received.includes(text))
  const works = await searchFindsWhatIsThere(installation)
  narrator.step('prove the key', found.length === 0 && works, 'the key is in nothing that the control plane received', {
    searchedBytes: received.length,
    formsSearched: encodingsOf(key).length,
    found: found.length,
    searchFindsAPlantedText: works,
  })
}

/** A search that finds nothing proves nothing by itself: a text that is known to have been sent must be found by it. */
async function searchFindsWhatIsThere(installation: Installation): Promise<boolean> {
  const planted = `planted-${randomBytes(16).toString('hex')}`
  await installation.run('groups.list', { name: planted })
  const received = await receivedByPlane(installation)
  return received.includes(planted)
}

export const simulatedSteps: readonly Step[] = [listGroups, changeMembers, proveTheKeyStayed]
