// Which programs are built, and that they work when they are.

import { bundle } from './bundle.ts'
import { slimUndici } from './slim.ts'
import { type Programs, warm } from './warm.ts'

/** Builds both programs into the folder and lets them run once; gives their paths. */
export async function build(out: string): Promise<Programs> {
  const [agent, plane] = await Promise.all([
    bundle({ name: 'sallyport', entry: 'agent/main.ts', slim: [slimUndici] }, out),
    bundle({ name: 'sallyport-control', entry: 'control-plane/main.ts' }, out),
  ])
  await warm({ agent, plane })
  return { agent, plane }
}
