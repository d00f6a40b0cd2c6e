import { expect, test } from 'vitest'
import { findPaths } from '../../../agent/cli/paths.ts'

const nowhere = () => false

test('takes a flag before the environment, and the environment before the usual place', () => {
  const environment = { SALLYPORT_CONFIG: '/e/config', SALLYPORT_POLICY: '/e/policy', SALLYPORT_STATE_DIR: '/e/state' }
  const flags = { config: '/f/config', policy: '/f/policy', state: '/f/state' }

  expect(findPaths(flags, environment, nowhere)).toEqual({
    configuration: '/f/config',
    policy: '/f/policy',
    state: '/f/state',
  })
  expect(findPaths({}, environment, nowhere)).toEqual({
    configuration: '/e/config',
    policy: '/e/policy',
    state: '/e/state',
  })
  expect(findPaths({}, {}, nowhere)).toEqual({
    configuration: '/etc/sallyport/config.yaml',
    policy: undefined,
    state: '/var/lib/sallyport',
  })
})

test('takes the policy from its usual place where there is one', () => {
  expect(findPaths({}, {}, (path) => path === '/etc/sallyport/policy.yaml').policy).toBe('/etc/sallyport/policy.yaml')
})

test('takes the state directory that systemd made', () => {
  expect(findPaths({}, { STATE_DIRECTORY: '/var/lib/sallyport-eu' }, nowhere).state).toBe('/var/lib/sallyport-eu')
})
