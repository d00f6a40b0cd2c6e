// A control plane that asks about what it is not shown: a filter answers by yes and no what a dropped field would have said.

import { expect } from 'vitest'
import { attack, attacks } from '../support/attack.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import type { GroundOptions } from '../support/hostile-ground.ts'

const hiding = (): GroundOptions => ({
  policy: () =>
    'version: 1\nconnections: { main: { allow: [org.get, users.list, users.get, groups.list, events.pull], fields: { drop: [email, department], hash: [username, name] } } }\n',
  sizes: { events: 20 },
  watchesPolicy: true,
  clock: createFakeClock(),
})
const all = { startAt: '2000-01-01T00:00:00Z', endAt: '2100-01-01T00:00:00Z' }

attacks(
  'a filter %s',
  {
    'on a field that is dropped': ['users.list', { where: { email: 'ceo@example.com' } }],
    'on a field that is dropped, behind one that is not': [
      'users.list',
      { where: { state: 'ACTIVATED', department: 'Board' } },
    ],
    'on a field that is hashed': ['users.list', { where: { username: 'ceo' } }],
    'on the hashed name of a group': ['groups.list', { name: 'Layoffs' }],
  } as const,
  async ({ ask }, [job, params]) => {
    expect(await ask(job, params)).toMatchObject({
      type: 'refused',
      error: { code: 'policy_denied', rule: expect.stringContaining('connections.main.fields.') },
    })
  },
  hiding,
)

attacks(
  'a dropped field is asked for %s',
  {
    'by another spelling': { where: { Email: 'ceo@example.com' } },
    'behind the prototype': JSON.parse('{"where":{"__proto__":{"email":"ceo@example.com"}}}'),
    'as the order of the rows': { sort: 'email' },
    'by a search over all fields': { search: { searchFields: ['email'], searchTerm: 'ceo' } },
    'by name, so that it be in the rows': { fields: 'email department' },
  },
  async ({ ask }, params) => {
    expect(await ask('users.list', params)).toMatchObject({ type: 'refused', error: { code: 'params_invalid' } })
  },
  hiding,
)

attack(
  'every row that there is, for one that holds what is dropped or hashed',
  async (ground) => {
    const { session, ask, mayAsk, jumpcloud } = ground
    const [user] = jumpcloud.tenant.users.all
    for (const line of [/^GET \/api\/systemusers/, /^GET \/api\/v2\/usergroups$/, /^POST \/insights\//]) mayAsk(line)

    await ask('users.list', {}, { id: 'run-of-users' })
    await ask('users.get', { userId: user?.id }, { id: 'run-of-one-user' })
    await ask('groups.list', {}, { id: 'run-of-groups' })
    await ask('events.pull', all, { id: 'run-of-events' })

    const rows = session.said.filter(({ type }) => type === 'page' || type === 'done').map(({ text }) => text)
    expect(rows.join('')).toContain(`"id":"${user?.id}"`)
    for (const one of jumpcloud.tenant.users.all) expect(rows.join('')).not.toContain(one.email)
    expect(rows.slice(0, 2).join('')).not.toContain(`"${user?.username}"`)
  },
  hiding,
)
