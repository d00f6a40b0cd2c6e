// A host behind a firewall that drops what comes: its queue of connections is full and nobody empties it, so that a further one is
// neither made nor refused. It prints its port.

import { connect, createServer } from 'node:net'

const fillerCount = 4

const server = createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  for (let count = 0; count < fillerCount; count += 1) connect(port, '127.0.0.1')
  // In this turn: in the next one Node would take them all out of the queue.
  process.nextTick(() => {
    process.stdout.write(`${JSON.stringify({ port })}\n`)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  })
})
