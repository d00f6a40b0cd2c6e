// A control plane that signs whatever it likes, and wants more changed than the customer allows.

import { createHash, generateKeyPairSync } from 'node:crypto'
import { expect } from 'vitest'
import { openPanic } from '../../agent/policy/panic.ts'
import { approvalFor, makeApprover } from '../support/approval.ts'
import { attack, attacks } from '../support/attack.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import type { Ground, GroundOptions } from '../support/hostile-ground.ts'
import type { JumpCloud } from '../support/jumpcloud/start.ts'
import { castOf } from '../support/open-session.ts'
import { signingKey } from '../support/plane-peer-keys.ts'
import { batched, type RunRequest } from '../support/plane-peer-session.ts'

const add = 'groups.members.add'
const denied = (rule: string) => ({
  type: 'refused',
  error: { code: 'policy_denied', rule: expect.stringContaining(rule) },
})
const oneOf = ({ cast }: Ground) => ({ groupId: cast.groupId, userIds: cast.outsiders.slice(0, 1) })

/** The group may be changed, by these rules. */
const ruled =
  (rules: string, group = (jumpcloud: JumpCloud) => castOf(jumpcloud).groupId) =>
  (): GroundOptions => ({
    policy: (jumpcloud) =>
      `version: 1\nconnections: { main: { allow: [org.get, ${add}], groups: { allow: [${group(jumpcloud)}] }, ${rules} } }\n`,
  })
const looking = /^GET \/api\/(v2\/|systemusers\/|organizations$)/

attack('a job that the customer did not name', async (ground) => {
  expect(await ground.ask('groups.members.remove', oneOf(ground))).toMatchObject(denied('connections.main.allow'))
})

attack('a write that is announced as a read', async (ground) => {
  const answer = await ground.ask('groups.members.remove', oneOf(ground), { effect: 'read', rows: 'one', changes: {} })

  expect(answer).toMatchObject(denied('connections.main.allow'))
})

attack('a group that the customer did not name', async ({ ask, cast }) => {
  const params = { groupId: cast.dynamicId, userIds: cast.outsiders.slice(0, 1) }

  expect(await ask(add, params)).toMatchObject(denied('groups.allow'))
})

attack('a group that is named twice in one text, once as the policy wants it', async (ground) => {
  const { session, cast } = ground
  const honest = batched({ job: add, params: oneOf(ground), id: 'run-said-twice' })
  const run = honest.run.replace('"params":{', `"params":{"groupId":"${cast.groupId}",`)
  const twice = run.replace(/"groupId":"[^"]*","userIds"/, `"groupId":"${cast.dynamicId}","userIds"`)

  session.run([], { payload: { runs: [{ ...honest, run: twice }] } })

  expect(await session.answer('run-said-twice')).toMatchObject(denied('groups.allow'))
})

attack(
  'a group that was renamed into an allowed name',
  async ({ ask, jumpcloud, cast }) => {
    const { groups } = jumpcloud.tenant
    const named = groups.get(cast.groupId)
    const other = groups.all.find((one) => one.id !== cast.groupId && one.name !== 'All Users')
    if (named === undefined || other === undefined) throw new Error('the tenant has too few groups')
    groups.replace({ ...named, name: 'Renamed' })
    groups.replace({ ...other, name: named.name })

    const answer = await ask(add, { groupId: other.id, userIds: cast.outsiders.slice(0, 1) })

    expect(answer).toMatchObject(denied('groups.allow'))
  },
  () => ({
    ...ruled('', ({ tenant, ...rest }) =>
      JSON.stringify(tenant.groups.get(castOf({ tenant, ...rest }).groupId)?.name),
    )(),
    watchesPolicy: true,
  }),
)

attack(
  'a user who is protected, among others who are not',
  async ({ ask, cast }) => {
    expect(await ask(add, { groupId: cast.groupId, userIds: cast.outsiders.slice(0, 3) })).toMatchObject(
      denied('users.protect'),
    )
  },
  () => ({
    policy: (jumpcloud) => ruled(`users: { protect: [${castOf(jumpcloud).outsiders[1]}] }`)().policy?.(jumpcloud) ?? '',
  }),
)

attack(
  'many runs at once, to be through before the cap of the hour has counted them',
  async ({ session, cast, mayAsk, changes }) => {
    mayAsk(looking)
    mayAsk(/^POST \/api\/v2\/usergroups\/[0-9a-f]{24}\/members$/)
    changes(3)
    const runs = cast.outsiders.slice(0, 12).map((user, index): RunRequest => {
      return { id: `run-at-once-${index}`, job: add, params: { groupId: cast.groupId, userIds: [user] } }
    })

    session.run(runs)

    const answers = await Promise.all(runs.map(({ id = '' }) => session.answer(id)))
    expect(answers.filter(({ outcome }) => outcome === 'applied')).toHaveLength(3)
  },
  ruled('caps: { addsPerHour: 3 }'),
)

attack(
  'one run for more than one run may',
  async ({ ask, cast }) => {
    expect(await ask(add, { groupId: cast.groupId, userIds: cast.outsiders.slice(0, 3) })).toMatchObject(
      denied('caps.addsPerRun'),
    )
  },
  ruled('caps: { addsPerRun: 2 }'),
)

attack('a user who is named a hundred times, to be counted once', async ({ ask, cast }) => {
  const userIds = Array.from({ length: 100 }, () => cast.outsiders[0])

  expect(await ask(add, { groupId: cast.groupId, userIds })).toMatchObject({ error: { code: 'params_invalid' } })
})

attack(
  'a change in earnest where the customer lets writes look alone',
  async (ground) => {
    ground.mayAsk(looking)

    const answer = await ground.ask(add, { ...oneOf(ground), dryRun: false })

    expect(answer).toMatchObject({ outcome: 'not_applied', rows: [{ reason: 'dry_run', would: 'apply' }] })
  },
  ruled('dryRun: true'),
)

attacks(
  'a refused write again, %s',
  {
    'as one that another replica may have done': { doubtful: true },
    'as the thousandth attempt': { attempt: 1000 },
    'with all the time in the world': { ttlMs: Number.MAX_SAFE_INTEGER },
  },
  async ({ ask, cast }, more) => {
    const params = { groupId: cast.dynamicId, userIds: cast.outsiders.slice(0, 1) }
    await ask(add, params)

    expect(await ask(add, params, more)).toMatchObject(denied('groups.allow'))
  },
)

attack('a run that the agent never held, said to go on', async (ground) => {
  const { plane, comeBack, cast, session } = ground
  plane.levers.welcome = (honest) => ({
    ...honest,
    held: [{ run: 'run-never-held', attempt: 1, keep: true, next: 0 }],
    runs: [batched({ job: 'groups.members.remove', params: { groupId: cast.groupId, userIds: [] } })],
  })
  session.cut()

  expect((await comeBack()).body.held).toEqual([])
})

attack(
  'a change at an hour at which the customer wants none',
  async (ground) => {
    expect(await ground.ask(add, oneOf(ground))).toMatchObject(denied('windows'))
  },
  () => ({
    ...ruled('windows: [{ from: "01:00", to: "02:00", timeZone: UTC }]')(),
    clock: createFakeClock(),
  }),
)

attack(
  'a change while somebody on the host has said no to everything',
  async (ground) => {
    const panic = openPanic(ground.agent.stateDirectory)
    panic.raise()

    const answers = [await ground.ask(add, oneOf(ground)), await ground.ask('org.get', {}, { id: 'run-of-a-read' })]
    panic.lift()

    for (const answer of answers) expect(answer).toMatchObject({ type: 'refused', error: { rule: 'panic' } })
  },
  () => ({ watchesPolicy: true, clock: createFakeClock() }),
)

const approver = await makeApprover()
const forged = signingKey(makeJwk())
const inAnHour = () => Date.now() + 3_600_000
type Forge = (run: string, text: string) => string | Promise<string>

/** What is signed is for the run `run-to-approve` of this text, unless it is forged otherwise. */
const approvals: Readonly<Record<string, Forge>> = {
  "the plane's own key": (run, text) => forged.sign('sallyport-approval', approvalFor(run, text, inAnHour())),
  'the key of the customer for other params': (run, text) =>
    approver.approve(approvalFor(run, text.replace('userIds', 'others'), inAnHour())),
  'the key of the customer for another run': (_run, text) =>
    approver.approve(approvalFor('run-of-another', text, inAnHour())),
  'the key of the customer for another agent': (run, text) =>
    approver.approve({ ...approvalFor(run, text, inAnHour()), agent: 'emca' }),
  'the key of the customer until an hour ago': (run, text) => approver.approve(approvalFor(run, text, Date.now() - 1)),
  'the key of the customer, for ever': (run, text) => approver.approve(approvalFor(run, text, 8.64e15)),
  'nobody, by an algorithm that asks for nobody': (run, text) =>
    unsigned({ alg: 'none', typ: 'sallyport-approval' }, approvalFor(run, text, inAnHour())),
  'the key of the customer, for another purpose': (run, text) =>
    approver.approve(approvalFor(run, text, inAnHour()), { typ: 'sallyport-batch' }),
}

attacks(
  'an approval that is signed by %s',
  approvals,
  async (ground, forge) => {
    const wanted = { id: 'run-to-approve', job: add, params: oneOf(ground) }
    const approval = await forge(wanted.id, batched(wanted).run)

    ground.session.run([{ ...wanted, approval }])

    expect(await ground.session.answer(wanted.id)).toMatchObject(denied('approvalKey'))
  },
  ruled(`approvalKey: ${JSON.stringify(approver.key)}`),
)

function makeJwk(): { readonly x: string; readonly d: string } {
  const { x, d } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  return { x: String(x), d: String(d) }
}

function unsigned(header: object, payload: object): string {
  const parts = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
  return [...parts, createHash('sha512').update('nobody').digest('base64url')].join('.')
}
