// The mortal control plane as a process of its own: `STATE` and the point to be killed at; without one it prints those it passes.

import { startMortalPlane } from './mortal-plane.ts'

const [state = '', deadly] = process.argv.slice(2)

const { url } = await startMortalPlane(state, (point) => {
  if (deadly === undefined) process.stdout.write(`${JSON.stringify({ point })}\n`)
  if (point === deadly) process.kill(process.pid, 'SIGKILL')
})
process.stdout.write(`${JSON.stringify({ event: 'plane.listening', url })}\n`)
