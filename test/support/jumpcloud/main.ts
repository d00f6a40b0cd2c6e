// Owns running the simulator as a process of its own, for the demo and for stories with real processes.
//
//   node test/support/jumpcloud/main.ts --port 0 --users 250 --groups 20 --seed demo
//
// One JSON line on stdout tells where it listens and with which key; it ends on SIGTERM, SIGINT or the end of stdin.

import { parseArgs } from 'node:util'
import { z } from 'zod'
import { startControl } from './control.ts'
import { startJumpCloud } from './start.ts'

const count = z.coerce.number().int().min(0).optional()

const Options = z.object({
  port: count,
  seed: z.string().optional(),
  users: count,
  groups: count,
  dynamicGroups: count,
  nestedGroups: count,
  membersPerGroup: count,
  applications: count,
  events: count,
  organizations: count,
})

const { values } = parseArgs({
  options: Object.fromEntries(Object.keys(Options.shape).map((name) => [name, { type: 'string' as const }])),
})
const given = Object.entries(Options.parse(values)).filter(([, value]) => value !== undefined)

await using jumpcloud = await startJumpCloud(Object.fromEntries(given))
await using control = await startControl(jumpcloud)

const ended = new Promise<void>((resolve) => {
  process.once('SIGTERM', resolve)
  process.once('SIGINT', resolve)
  process.stdin.resume().once('end', resolve).once('close', resolve)
})

process.stdout.write(
  `${JSON.stringify({
    url: jumpcloud.url,
    controlUrl: control.url,
    key: jumpcloud.keys.administrator,
    keys: jumpcloud.keys,
    serviceAccount: jumpcloud.serviceAccount,
    organizationId: jumpcloud.tenant.id,
  })}\n`,
)

await ended
process.stdin.destroy()
