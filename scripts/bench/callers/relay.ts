// The far side of the bare relay, and in the same process who calls it.
//   node relay-caller.cjs DIRECTORY

import { startFarSide } from '../bare-relay.ts'
import { expectCount, serveCaller } from '../serve-caller.ts'
import { directory, groupPath, userPagePaths } from '../work.ts'

const [known = ''] = process.argv.slice(2)
const wanted = directory.parse(JSON.parse(known))
startFarSide()
  .then(({ url, ask }) =>
    serveCaller(
      { url },
      {
        group: async () => {
          const { id } = Object(await ask(groupPath(wanted)))
          expectCount(Number(id === wanted.groupId), 1)
        },
        users: async () => {
          let rowCount = 0
          for (const path of userPagePaths(wanted)) rowCount += Object(await ask(path)).length
          expectCount(rowCount, wanted.userCount)
        },
      },
    ),
  )
  .then(() => process.exit())
