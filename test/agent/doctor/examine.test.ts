import { expect, test } from 'vitest'
import { catalogue, checkIds } from '../../../agent/doctor/catalogue.ts'
import { type Check, fail, ok, skip } from '../../../agent/doctor/check.ts'
import { examine } from '../../../agent/doctor/examine.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

const words = { CONFIG: '/c.yaml', STATE: '/s', POLICY: '/p.yaml', PLANE: 'https://plane.example.com' }

const forever = () => new Promise<never>(() => {})

async function examineThese(checks: readonly Check[], isOffline = false) {
  const clock = createFakeClock()
  const report = await examine({ checks, clock, isOffline, words, pathFlags: ' --state /s/t' })
  const about = (name: string) => report.checks.find((one) => one.name === name)
  return { report, about }
}

test('skips what depends on a failure, and names the first of them through all that lies between', async () => {
  const looked: string[] = []
  const look = (name: string) => () => {
    looked.push(name)
    return ok(name)
  }
  const { report, about } = await examineThese([
    { id: 'plane.tls', after: ['plane.tcp'], look: look('plane.tls') },
    { id: 'plane.dns', look: () => fail('it has no name') },
    { id: 'plane.tcp', after: ['plane.dns'], look: look('plane.tcp') },
    { id: 'env.tls', look: look('env.tls') },
  ])

  expect(looked).toEqual(['env.tls'])
  expect(report.failed).toEqual(['plane.dns'])
  expect(about('plane.tls')).toMatchObject({ state: 'skipped', says: 'plane.dns failed', because: 'plane.dns' })
})

test('goes on where what comes before was skipped because it does not apply', async () => {
  const { about } = await examineThese([
    { id: 'plane.proxy', look: () => skip('no proxy is named') },
    { id: 'plane.tls', after: ['plane.proxy'], look: () => ok('it is') },
  ])

  expect(about('plane.tls')?.state).toBe('ok')
})

test('an error is a failure, which says what the error does', async () => {
  const look = () => {
    throw new Error('the disk is on fire')
  }

  expect((await examineThese([{ id: 'journal', look }])).about('journal')).toMatchObject({
    ...{ state: 'fail', says: 'the disk is on fire', mend: 'sallyport resume --state /s/t' },
    why: catalogue.journal.why,
  })
})

test('what somebody else said is one line, and moves no cursor', async () => {
  const look = () => fail('a plane called \u001b[2J\n\u202eevil answers')

  expect((await examineThese([{ id: 'plane.upgrade', look }])).about('plane.upgrade')?.says).toBe(
    'a plane called  [2J evil answers',
  )
})

test('offline looks at nothing that needs the network', async () => {
  const checks: readonly Check[] = [
    { id: 'plane.dns', look: forever },
    { id: 'state.disk', look: () => ok('there is room') },
  ]

  const { about } = await examineThese(checks, true)

  expect(about('plane.dns')).toMatchObject({ state: 'skipped', because: null })
  expect(about('state.disk')?.state).toBe('ok')
})

test('waits for no check for longer than its time, and for all of them together no longer than half a minute', async () => {
  const clock = createFakeClock()
  const chain: readonly Check[] = [
    { id: 'plane.dns', look: forever },
    {
      id: 'jumpcloud.dns',
      of: 'a',
      look: (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(ok('late')))),
    },
    { id: 'plane.run', after: ['jumpcloud.tls:a'], look: () => ok('in time') },
    { id: 'jumpcloud.tcp', of: 'a', look: () => clock.sleep(8000).then(() => ok('slow')) },
    { id: 'jumpcloud.tls', of: 'a', after: ['jumpcloud.tcp:a'], look: () => clock.sleep(8000).then(() => ok('slow')) },
    { id: 'agent.running', after: ['jumpcloud.tls:a'], look: () => clock.sleep(8000).then(() => ok('slow')) },
    { id: 'agent.ready', after: ['agent.running'], look: forever },
  ]

  const examined = examine({ checks: chain, clock, isOffline: false, words })
  for (let second = 0; second < 25; second += 1) await clock.advance(1000)
  const { checks } = await examined

  const says = Object.fromEntries(checks.map((one) => [one.name, one.says]))
  expect(says).toMatchObject({
    'plane.dns': 'nothing came of it within 9 s',
    'jumpcloud.dns:a': 'nothing came of it within 9 s',
    'plane.run': 'in time',
    'agent.ready': 'there was no time left for it',
  })
})

test('fills in the words of the catalogue, and says of what is nowhere looked at that the configuration is the cause', async () => {
  const { report, about } = await examineThese([{ id: 'key.source', of: 'main', look: () => fail('it is gone') }])

  expect(about('key.source:main')?.mend).toBe('sallyport token set main --state /s/t')
  expect(about('plane.enrolment')).toMatchObject({ because: 'config.valid', state: 'skipped' })
  expect(about('plane.enrolment')?.mend).toBe('sallyport enrol --plane https://plane.example.com --code - --state /s/t')
  expect(new Set(report.checks.map(({ id }) => id))).toEqual(new Set(checkIds))
})

test('warns where nothing failed and something is worth a look', async () => {
  const warned: Check = { id: 'process.root', look: () => ({ state: 'warn', says: 'it is root' }) }

  expect((await examineThese([warned])).report).toMatchObject({ result: 'warn', failed: [] })
  expect((await examineThese([])).report.result).toBe('ok')
})
