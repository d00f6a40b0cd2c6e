// Who wants the key: by asking for it, by having it repeated, or by sending it in the hope that the agent says it again. After
// every attack of the suite it is looked for in frames, log, ledger and journal; here that is the point.

import { expect } from 'vitest'
import { attack, attacks } from '../support/attack.ts'
import { tracesOf } from '../support/key-traces.ts'

const asked: Readonly<Record<string, string>> = {
  'a job that reads it': 'token.get',
  'the file in which it lies': '/etc/sallyport/credentials/main',
  'the path to it from here': '../vault/read-secret',
  'the environment of the process': 'process.env',
}

attacks('the key is asked for as %s', asked, async ({ ask }, job) => {
  expect(await ask(job)).toMatchObject({ type: 'refused', error: { code: 'job_unknown' } })
})

attacks(
  'the key is asked for as a member of a user, %s',
  { 'by its path': { fields: 'apiKey' }, 'by everything': { fields: '*', include: ['credentials'] } },
  async ({ ask }, params) => {
    expect(await ask('users.list', params)).toMatchObject({ error: { code: 'params_invalid' } })
  },
)

const forms = {
  'as it is': 'raw',
  'in hex': 'hex',
  'for a URI': 'uri',
  'in base64': 'base64 after 0',
  'in base64, a byte later': 'base64 after 1',
  'in base64, two bytes later': 'base64 after 2',
  'in base64url, a byte later': 'base64url after 1',
} as const

attacks('the key comes back as who asks, for the log and the ledger, %s', forms, async (ground, form) => {
  const { ask, jumpcloud, mayAsk } = ground
  mayAsk(/^GET \/api\/organizations$/)
  const { text = '' } = tracesOf(jumpcloud.keys.administrator).find((one) => one.form === form) ?? {}

  expect(await ask('org.get', {}, { requester: `<${text}>` })).toMatchObject({ type: 'done' })
})

attack('the key comes back as the name of a job that there is not', async ({ ask, jumpcloud, agent }) => {
  const answer = await ask(jumpcloud.keys.administrator)

  expect(answer).toMatchObject({ type: 'failed', error: { code: 'leak_blocked' } })
  expect(await agent.line('leak.blocked')).toMatchObject({ level: 'error' })
})

attack('the key comes back as a param that there is not', async ({ ask, jumpcloud }) => {
  const answer = await ask('org.get', { [jumpcloud.keys.administrator]: 1 })

  expect(answer).toMatchObject({ type: 'failed', error: { code: 'leak_blocked' } })
})

attack('the key comes back as the name of a session', async ({ session, plane, jumpcloud, comeBack }) => {
  plane.levers.welcome = (honest) => ({ ...honest, session: jumpcloud.keys.administrator })
  session.cut()

  await comeBack()
})

attacks(
  'the key comes back as %s',
  {
    'the type of a frame that nobody knows': (key: string) => ({ type: key }),
    'the name of a member that nobody knows': (key: string) => ({ type: 'credit', bytes: 1, [key]: 1 }),
    'a run that nobody holds': (key: string) => ({ type: 'cancel', run: key }),
    'what is wrong with a frame': (key: string) => ({ type: 'ack', run: [key], attempt: key, seq: key }),
  },
  async ({ session, jumpcloud, ask }, frame) => {
    session.send(frame(jumpcloud.keys.administrator))

    await Promise.race([ask('no.such').catch(() => {}), session.closed])
  },
)

attack('the key comes back as the reason of a close', async ({ session, jumpcloud, comeBack }) => {
  session.close(1000, jumpcloud.keys.administrator)

  await comeBack()
})

attacks(
  'the key lies in the directory, where somebody put it for a listing to bring it out: %s',
  { raw: 'raw', hex: 'hex', base64: 'base64', base64url: 'base64url', uri: 'uri' } as const,
  async ({ ask, jumpcloud, cast, mayAsk }, encoding) => {
    mayAsk(/^GET \/api\/v2\/usergroups/)
    jumpcloud.levers.plantKey({ key: jumpcloud.keys.administrator, groupId: cast.groupId, encoding })

    const answers = [
      await ask('groups.list', {}, { id: 'run-of-all-groups' }),
      await ask('groups.get', { groupId: cast.groupId }, { id: 'run-of-one-group' }),
    ]

    for (const answer of answers) expect(answer).toMatchObject({ type: 'failed', error: { code: 'leak_blocked' } })
  },
)

attack('JumpCloud repeats the key in every header and every refusal', async ({ ask, jumpcloud, mayAsk, cast }) => {
  mayAsk(/^GET \/api\//)
  jumpcloud.levers.echoKey({})
  const nobody = '0123456789abcdef01234567'

  const answers = [
    await ask('users.get', { userId: nobody }, { id: 'run-of-nobody' }),
    await ask('groups.get', { groupId: nobody }, { id: 'run-of-no-group' }),
    await ask('groups.members.list', { groupId: cast.groupId }, { id: 'run-of-members' }),
    await ask('users.list', {}, { id: 'run-of-users' }),
  ]

  expect(answers.map(({ type }) => type)).toEqual(['failed', 'failed', 'done', 'done'])
})
