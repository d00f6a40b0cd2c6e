// Runs the program whose standard output is a secret: no shell, next to no environment, a limit on time and on output, and
// nothing of it stays behind when it is stopped. What a secret has to look like is not its business.

import { type ChildProcess, spawn } from 'node:child_process'
import type { Clock } from '../ports/clock.ts'
import { systemCode } from '../ports/files.ts'
import { systemEndGroup } from '../ports/process-group.ts'
import { secretLimitBytes } from './read-secret-file.ts'
import type { ProgramSource } from './secret-source.ts'

export type ProgramHost = {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly clock: Pick<Clock, 'after'>
}

/** `why` is for the log of the host alone: it may quote the program. */
export type ProgramEnd = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly why: string }

const complaintBytes = 1024

/** Never rejects. Program and children are one process group, which is killed where a limit is passed. */
export function runSecretProgram(program: ProgramSource, { environment, clock }: ProgramHost): Promise<ProgramEnd> {
  const { promise, resolve } = Promise.withResolvers<ProgramEnd>()
  const [path, ...args] = program.command
  const names = ['PATH', ...program.environment]
  const child = spawn(path, args, {
    cwd: '/',
    env: Object.fromEntries(names.map((name) => [name, environment[name]])),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const fail = (why: string) => {
    resolve({ ok: false, why })
    stop(child)
  }
  const stopTimer = clock.after(program.timeoutMs, () => fail(`it did not end within ${program.timeoutMs} ms`))
  const output = collect(child.stdout, secretLimitBytes, () =>
    fail(`it wrote over ${secretLimitBytes} bytes, which no secret is`),
  )
  const complaint = collect(child.stderr, complaintBytes)
  child.on('error', (error) => fail(`it could not be started: ${systemCode(error) ?? 'no reason known'}`))
  child.on('close', (code, signal) => {
    if (code === 0) return resolve({ ok: true, text: output() })
    const end = code === null ? `it was ended by ${signal}` : `it ended with exit code ${code}`
    resolve({ ok: false, why: `${end}${quoted(complaint())}` })
  })
  return promise.finally(stopTimer)
}

function stop(child: ChildProcess): void {
  if (child.pid !== undefined) systemEndGroup(child.pid)
  // Whatever left the group may hold the pipes open for ever.
  child.stdout?.destroy()
  child.stderr?.destroy()
}

function collect(stream: NodeJS.ReadableStream, limitBytes: number, onFull = () => {}): () => string {
  const chunks: Buffer[] = []
  let size = 0
  stream.on('data', (chunk: Buffer) => {
    if (size <= limitBytes) chunks.push(chunk)
    size += chunk.length
    if (size > limitBytes) onFull()
  })
  return () => new TextDecoder('utf-8', { ignoreBOM: true }).decode(Buffer.concat(chunks).subarray(0, limitBytes))
}

/** The first line, without what might be a secret that the leak guard does not know yet: long words. */
function quoted(complaint: string): string {
  const [line = ''] = complaint.trimStart().split(/[\r\n]/, 1)
  const plain = line.replace(/[^\x20-\x7E]/g, '?').replace(/[^\s'":]{16,}/g, '[long word]')
  return plain === '' ? '' : `, saying: ${plain.slice(0, 200)}`
}
