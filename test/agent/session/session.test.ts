import { expect, test } from 'vitest'
import { holdSession, type SessionOptions } from '../../../agent/session/session.ts'
import { openReplica } from './open-replica.ts'

const nothing = () => {}

async function microtasks(count: number): Promise<void> {
  for (let passed = 0; passed < count; passed += 1) await undefined
}

const moments = Array.from({ length: 30 }, (_, index) => index)

test('counts no session that is not wanted any more, at whatever moment that comes', async () => {
  await using replica = await openReplica()
  const { openSocket, identityFile } = replica.options

  const inVain: number[] = []
  for (const moment of moments) {
    const stopping = new AbortController()
    const options: SessionOptions = {
      ...replica.options,
      openSocket: async (...where) => {
        const socket = await openSocket(...where)
        void microtasks(moment).then(() => stopping.abort(new Error('stop')))
        return socket
      },
      identityFile: {
        ...identityFile,
        nextCounter: () => {
          if (stopping.signal.aborted) inVain.push(moment)
          return identityFile.nextCounter()
        },
      },
    }
    await expect(holdSession(options, nothing, stopping.signal)).rejects.toThrow('stop')
  }

  expect(inVain).toEqual([])
})

test('opens no session that is not wanted any more, at whatever moment after the welcome that comes', async () => {
  await using replica = await openReplica()
  const { openSocket } = replica.options

  const inVain: number[] = []
  for (const moment of moments) {
    const stopping = new AbortController()
    const options: SessionOptions = {
      ...replica.options,
      openSocket: async (...where) => {
        const socket = await openSocket(...where)
        const receive: typeof socket.receive = (receiver) => {
          socket.receive(receiver)
          // Nobody receives between the welcome and the session.
          if (receiver === undefined) void microtasks(moment).then(() => stopping.abort(new Error('stop')))
        }
        return { ...socket, receive }
      },
    }
    const opened = () => {
      if (stopping.signal.aborted) inVain.push(moment)
    }
    await holdSession(options, opened, stopping.signal).catch(nothing)
  }

  expect(inVain).toEqual([])
})
