// Calls a control plane over HTTP, as a vendor's service in another process does: one POST for the run, one GET for its rows.
//   node http.cjs PLANE TOKEN DIRECTORY

import { request } from 'undici'
import { expectCount, serveCaller } from '../serve-caller.ts'
import { directory } from '../work.ts'

const [plane = '', token = '', known = ''] = process.argv.slice(2)
const wanted = directory.parse(JSON.parse(known))
const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }

/** The rows of one run; throws where it did not get done. */
async function run(job: string, params: object): Promise<readonly unknown[]> {
  const body = JSON.stringify({ job, params })
  const submitted = await request(`${plane}/v1/agents/acme/runs`, { method: 'POST', headers, body })
  const { id } = Object(await submitted.body.json())
  const stream = await request(`${plane}/v1/runs/${id}/pages`, { headers })
  const lines = (await stream.body.text()).trimEnd().split('\n')
  const values = lines.map((line) => JSON.parse(line))
  if (values.at(-1)?.type !== 'done') throw new Error(`${job} was not done: ${lines.at(-1)?.slice(0, 500)}`)
  return values.flatMap(({ type, row }) => (type === 'row' ? [row] : []))
}

serveCaller(
  {},
  {
    group: async () => {
      const [group] = await run('groups.get', { groupId: wanted.groupId })
      expectCount(Number(Object(group).id === wanted.groupId), 1)
    },
    users: async () => expectCount((await run('users.list', {})).length, wanted.userCount),
  },
).then(() => process.exit())
