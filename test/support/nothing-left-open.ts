// A test file that leaves a server, a socket or a process open fails. What closes by itself within a moment is given that
// moment: a socket that both ends have ended is still there until the kernel has said so.

import { afterAll, expect } from 'vitest'

const owned = /^(TCPServerWrap|TCPSocketWrap|PipeServerWrap|ProcessWrap|FSEventWrap)$/
const patienceTurns = 200

const left = () => process.getActiveResourcesInfo().filter((kind) => owned.test(kind))

afterAll(async () => {
  for (let turn = 0; turn < patienceTurns && left().length > 0; turn++) {
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(left(), 'left open by this test file').toEqual([])
})
