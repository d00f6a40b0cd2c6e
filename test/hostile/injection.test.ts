// What a control plane puts where an id, a name or a filter belongs, to reach another path, another header or another line.

import { expect } from 'vitest'
import { attack, attacks } from '../support/attack.ts'
import type { Ground } from '../support/hostile-ground.ts'

const id = '6026da081f24755306c2ee0d'

const ids: Readonly<Record<string, unknown>> = {
  'a way up to another resource': `../../systemusers/${id}`,
  'a way up in percent signs': '%2e%2e%2f%2e%2e%2fapi%2forganizations',
  'a slash and what belongs to another call': `${id}/members`,
  'a query of its own': `${id}?fields=password`,
  'a fragment that cuts the path off': `${id}#`,
  'line breaks and a header': `${id}\r\nx-org-id: 000000000000000000000000`,
  'a line break at its end': `${id}\n`,
  'a NUL in the middle': '6026da081f24\u00005306c2ee0d',
  'digits of another script': '６０26da081f24755306c2ee0d',
  'a letter that only looks the same': '6026d\u0430081f24755306c2ee0d',
  'capitals, which a policy may not have': id.toUpperCase(),
  'the address of another host': '//attacker.example/',
  'a list of one': [id],
  'an object that would read as one': { toString: id, length: 24 },
}

attacks('an id of a group is %s', ids, async ({ ask }, groupId) => {
  expect(await ask('groups.get', { groupId })).toMatchObject({ type: 'refused', error: { code: 'params_invalid' } })
})

attack('one id of a change that is allowed leads into another group', async ({ ask, cast }) => {
  const params = { groupId: cast.groupId, userIds: [`${cast.outsiders[0]}/../../usergroups/${cast.dynamicId}`] }

  expect(await ask('groups.members.add', params)).toMatchObject({ error: { code: 'params_invalid' } })
})

const values: Readonly<Record<string, string>> = {
  'a second filter': 'nobody&filter[9]=password:$ne:',
  'another operator': 'x:$ne:y',
  'a wildcard for everybody': '*',
  'line breaks and a request': 'x\r\n\r\nDELETE /api/systemusers HTTP/1.1',
  'an operator of the database': '{"$gt":""}',
}

attacks('a filter of users is %s', values, async ({ ask, mayAsk, jumpcloud }, username) => {
  mayAsk(/^GET \/api\/systemusers$/)

  expect(await ask('users.list', { where: { username } })).toMatchObject({ type: 'done', rowCount: 0 })
  for (const { query } of jumpcloud.requests) {
    expect(Object.keys(query).filter((name) => !['sort', 'limit', 'skip'].includes(name))).toEqual([])
  }
})

attack('a filter of groups is a wildcard that JumpCloud would take for all', async ({ ask, mayAsk }) => {
  mayAsk(/^GET \/api\/v2\/usergroups$/)

  expect(await ask('groups.list', { name: '*' })).toMatchObject({ type: 'done', rowCount: 0 })
})

const jobs: Readonly<Record<string, string>> = {
  'the path of a file': '../jobs/org-get',
  'a member that every object has': 'constructor',
  'the prototype of the table': '__proto__',
  'a module of Node': 'node:child_process',
}

attacks('the name of a job is %s', jobs, async ({ ask }, job) => {
  expect(await ask(job)).toMatchObject({ type: 'refused', error: { code: 'job_unknown' } })
})

attack('the name of a connection is a member that every object has', async ({ ask }) => {
  const answer = await ask('org.get', {}, { connection: 'constructor' })

  expect(answer).toMatchObject({ type: 'refused', error: { code: 'connection_unknown' } })
})

attack('the id of a run is a path to a file on the host', async ({ session }) => {
  session.run([{ id: '../../../../etc/cron.d/x', job: 'org.get' }])

  expect(await session.next('refused')).toMatchObject({ error: { code: 'batch_malformed' } })
})

const requesters: Readonly<Record<string, string>> = {
  'line breaks and an entry of its own': 'x"}\n{"seq":1,"kind":"panic.lifted"}\n',
  'what moves the cursor of a terminal': '\u001b[2J\u001b[1;1Hall is well',
  'what moves the cursor in one byte': '\u009b2J\u0085\u007f',
  'letters that run backwards': '\u202eelif.exe\u2066',
  'half a letter': '\ud800',
}

attacks('who asks is called %s, for the log and the ledger', requesters, async (ground, requester) => {
  const { ask, agent, mayAsk } = ground
  mayAsk(/^GET \/api\/organizations$/)

  expect(await ask('org.get', {}, { requester })).toMatchObject({ type: 'done' })
  expect(await agent.line('run.accepted')).toMatchObject({ run: 'run-of-the-attack', requester })
})

const names: Readonly<Record<string, (ground: Ground, name: string) => Promise<unknown>>> = {
  'a session': async ({ session, plane, comeBack }, name) => {
    plane.levers.welcome = (honest) => ({ ...honest, session: name })
    session.cut()
    await comeBack()
  },
  'a job': async ({ ask }, name) => await ask(name),
  'a frame': async ({ session, ask }, name) => {
    session.send({ type: name })
    await ask('no.such')
  },
  'a close': async ({ session, comeBack }, name) => {
    session.close(1012, name)
    await comeBack()
  },
  'what was asked for': async ({ ask }, name) => await ask('org.get', { [name]: 1 }),
}

attacks('the name of %s clears the screen of whoever reads the log, and writes on it', names, async (ground, call) => {
  await call(ground, '\u001b[2J\u009b1;1H\n"}{"event":"all.well"}\u202e')
})
