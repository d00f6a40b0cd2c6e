// The mortal control plane as a process of its own: `STATE` and the point to be killed at; without one it prints those it passes.
// SIGUSR2 pushes its time on, and SIGTERM stops it in order.

import { systemClock } from '../../control-plane/ports/clock.ts'
import { startMortalPlane } from './mortal-plane.ts'
import { createPushedClock, pushMs } from './pushed-clock.ts'

const [state = '', deadly] = process.argv.slice(2)

const clock = createPushedClock(systemClock)
process.on('SIGUSR2', () => clock.push(pushMs))
const passing = (point: string) => {
  if (deadly === undefined) process.stdout.write(`${JSON.stringify({ point })}\n`)
  if (point === deadly) process.kill(process.pid, 'SIGKILL')
}
const plane = await startMortalPlane(state, passing, clock)
process.once('SIGTERM', () => void plane[Symbol.asyncDispose]())
process.stdout.write(`${JSON.stringify({ event: 'plane.listening', url: plane.url })}\n`)
