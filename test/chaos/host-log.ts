// What the processes of a world logged: the errors, and how sessions ended. A dead process says nothing any more.

import type { Log as PlaneLog } from '../../control-plane/ports/log.ts'

export type Logged = {
  /** `plane`, or the name of a replica. */
  readonly host: string
  readonly level: string
  readonly event: string
  readonly fields: Readonly<Record<string, unknown>>
  /** By the clock of the world. */
  readonly atMs: number
}

export type HostLog = {
  /** For one process of the control plane. */
  plane(): PlaneLog & Mutable
  /** For one process of an agent: takes lines of JSON. */
  agent(name: string): Mutable & { readonly write: (line: string) => void }
  readonly lines: readonly Logged[]
}

type Mutable = { mute(): void }

export function createHostLog(elapsedMs: () => number): HostLog {
  const lines: Logged[] = []
  const process = (host: string) => {
    let muted = false
    return {
      add: (level: string, event: string, fields: Logged['fields']) => {
        if (!muted) lines.push({ host, level, event, fields, atMs: elapsedMs() })
      },
      mute: () => {
        muted = true
      },
    }
  }

  return {
    lines,
    plane: () => {
      const { add, mute } = process('plane')
      return {
        info: (event, fields = {}) => add('info', event, fields),
        warn: (event, fields = {}) => add('warn', event, fields),
        error: (event, fields = {}) => add('error', event, fields),
        mute,
      }
    },
    agent: (name) => {
      const { add, mute } = process(name)
      return {
        write: (line) => {
          const fields = JSON.parse(line)
          add(String(fields.level), String(fields.event), fields)
        },
        mute,
      }
    },
  }
}
