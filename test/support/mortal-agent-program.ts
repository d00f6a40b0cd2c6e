// The mortal agent as a process of its own: its folder, and the point to be killed at. It prints those that it passes. SIGTERM
// has it drain, and SIGUSR2 says that a person has looked.

import { startMortalAgent } from './mortal-agent.ts'
import { passCalls } from './mortal-calls.ts'
import { passFiles } from './mortal-files.ts'

const [directory = '', deadly] = process.argv.slice(2)

const passing = (point: string) => {
  if (point === deadly) process.kill(process.pid, 'SIGKILL')
  process.stdout.write(`${JSON.stringify({ point })}\n`)
}
passCalls(passing)
passFiles(passing)
const daemon = await startMortalAgent(directory, passing, (line) => process.stdout.write(`${line}\n`))
process.once('SIGTERM', () => void daemon.drain())
process.once('SIGUSR2', () => void daemon.resume())
