// Calls JumpCloud itself: what there is to win by relaying nothing.
//   node direct.cjs JUMPCLOUD KEY DIRECTORY

import { request } from 'undici'
import { expectCount, serveCaller } from '../serve-caller.ts'
import { directory, groupPath, userPagePaths } from '../work.ts'

const [jumpcloud = '', key = '', known = ''] = process.argv.slice(2)
const wanted = directory.parse(JSON.parse(known))

async function ask(path: string) {
  const { body } = await request(`${jumpcloud}${path}`, { headers: { 'x-api-key': key } })
  return Object(await body.json())
}

serveCaller(
  {},
  {
    group: async () => {
      const { id } = await ask(groupPath(wanted))
      expectCount(Number(id === wanted.groupId), 1)
    },
    users: async () => {
      let rowCount = 0
      for (const path of userPagePaths(wanted)) rowCount += (await ask(path)).results.length
      expectCount(rowCount, wanted.userCount)
    },
  },
)
