import { expect, test } from 'vitest'
import { socketPath } from '../../../agent/listen/socket-path.ts'

test.each([
  ['the unit gives a directory', '/var/lib/sallyport', { RUNTIME_DIRECTORY: '/run/acme' }, '/run/acme/sallyport.sock'],
  ['the state is at its usual place', '/var/lib/sallyport', {}, '/run/sallyport/sallyport.sock'],
  ['the state is somewhere else', '/srv/agent', {}, '/srv/agent/sallyport.sock'],
])('where %s', (_, state, environment, path) => {
  expect(socketPath(state, environment)).toBe(path)
})
