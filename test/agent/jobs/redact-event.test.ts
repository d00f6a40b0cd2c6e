import fc from 'fast-check'
import { expect, test } from 'vitest'
import { redactEvent } from '../../../agent/jobs/redact-event.ts'
import { createRedaction } from '../../../agent/policy/redaction.ts'

test('takes out secrets and personal material at any depth, and says where they were', () => {
  const { event, removed } = redactEvent({
    id: 'a',
    resource: { id: 'b', username: 'ada', phoneNumbers: [{ number: '+1' }], nested: [{ ssh_keys: ['k'] }] },
    application: { name: 'Wiki', config: { idpPrivateKey: 'p' } },
    sharedSecret: 's',
    password: 'p',
  })

  expect(event).toEqual({
    id: 'a',
    resource: { id: 'b', username: 'ada', nested: [{}] },
    application: { name: 'Wiki' },
  })
  expect(removed).toEqual([
    '/resource/phoneNumbers',
    '/resource/nested/0/ssh_keys',
    '/application/config',
    '/sharedSecret',
    '/password',
  ])
})

test('takes both sides out of a change of such a field, and leaves that it was changed', () => {
  const { event, removed } = redactEvent({
    changes: [
      { field: 'phoneNumbers', from: [], to: [{ number: '+1' }] },
      { field: 'config.sharedSecret', from: 'old', to: 'new' },
      { field: 'department', from: 'Sales', to: 'Research' },
    ],
  })

  expect(event).toEqual({
    changes: [
      { field: 'phoneNumbers' },
      { field: 'config.sharedSecret' },
      { field: 'department', from: 'Sales', to: 'Research' },
    ],
  })
  expect(removed).toEqual(['/changes/0/from', '/changes/0/to', '/changes/1/from', '/changes/1/to'])
})

test('tells custom attributes from the attributes of a binding', () => {
  const sudo = { attributes: { sudo: { enabled: true } } }
  const custom = { attributes: [{ name: 'badge', value: '7' }] }

  expect(redactEvent({ association: sudo, resource: custom })).toEqual({
    event: { association: sudo, resource: {} },
    removed: ['/resource/attributes'],
  })
})

test('leaves flags, nulls and the names of methods, which are no secrets', () => {
  const harmless = {
    password: null,
    passwordExpired: true,
    sshKeys: false,
    auth_context: { auth_methods: { password: { success: true } } },
  }

  expect(redactEvent(harmless)).toEqual({ event: harmless, removed: [] })
})

test('writes places as JSON Pointers, also where a name holds / or ~', () => {
  expect(redactEvent({ 'a/b~c': { password: 'p' } }).removed).toEqual(['/a~1b~0c/password'])
})

test('does not follow nesting without end, and lets nothing out of it', () => {
  const deep = JSON.parse(`${'['.repeat(50_000)}"hidden"${']'.repeat(50_000)}`)
  const wide = JSON.parse(`${'{"a":'.repeat(50_000)}"hidden"${'}'.repeat(50_000)}`)

  const shown = JSON.stringify([redactEvent({ deep }), redactEvent({ wide })])

  expect(shown).not.toContain('hidden')
  expect(shown.length).toBeLessThan(2000)
})

test('lets no value out from under such a name, whatever is around it', () => {
  const name = fc.constantFrom(
    'password',
    'sharedSecret',
    'private_key',
    'phoneNumbers',
    'ssh-keys',
    'FDEKey',
    'addresses',
    'config',
  )
  const around = fc.jsonValue({ maxDepth: 4 })
  const planted = fc.tuple(name, around, fc.array(fc.string({ unit: 'grapheme-ascii' }), { maxLength: 5 }))

  fc.assert(
    fc.property(planted, ([secretName, beside, path]) => {
      const marked: unknown = { [secretName]: [{ deep: 'PLANTED-VALUE' }], beside }
      const event = path
        .filter((step) => step !== '__proto__')
        .reduce<unknown>((inner, step) => ({ [step]: [inner] }), marked)

      const redacted = redactEvent({ event })

      expect(JSON.stringify(redacted.event)).not.toContain('PLANTED-VALUE')
    }),
  )
})

test('takes out, hashes and reveals what the policy names, at any depth', () => {
  const { events } = createRedaction(
    { drop: ['user_agent'], hash: ['email', 'sudo'], reveal: ['phoneNumbers'] },
    () => new Uint8Array(32),
  )
  const event = {
    ...{ useragent: 'curl', sudo: true, phoneNumbers: ['1'] },
    initiated_by: { email: 'a@b.c', phone: '2' },
    changes: [
      { field: 'email', from: 'a@b.c', to: null },
      { field: 'phoneNumbers', from: ['1'], to: [] },
    ],
  }

  const redacted = redactEvent(event, events)

  const hashed = expect.stringMatching(/^hmac-sha256:[\w-]{43}$/)
  expect(redacted).toEqual({
    event: {
      phoneNumbers: ['1'],
      initiated_by: { email: hashed },
      changes: [
        { field: 'email', from: hashed, to: null },
        { field: 'phoneNumbers', from: ['1'], to: [] },
      ],
    },
    removed: ['/useragent', '/sudo', '/initiated_by/phone'],
  })
})

test('takes out what the policy drops whatever its value is: flags, nulls and methods too', () => {
  const { events } = createRedaction({ drop: ['suspended', 'push'] }, () => new Uint8Array(32))
  const event = {
    suspended: true,
    auth_methods: { push: { success: true }, totp: { success: false } },
    changes: [
      { field: 'suspended', from: false, to: true },
      { field: 'account.suspended', from: null, to: true },
      { field: 'mfa', from: false, to: true },
    ],
  }

  expect(redactEvent(event, events)).toEqual({
    event: {
      auth_methods: { totp: { success: false } },
      changes: [{ field: 'suspended' }, { field: 'account.suspended' }, { field: 'mfa', from: false, to: true }],
    },
    removed: [
      ...['/suspended', '/auth_methods/push', '/changes/0/from', '/changes/0/to'],
      ...['/changes/1/from', '/changes/1/to'],
    ],
  })
})
