// The far side of a relay, and in the same process who calls it: of the bare one, or of the strict one where it has a store.
//   node relay-caller.cjs DIRECTORY [STORE]

import { startFarSide } from '../bare-relay.ts'
import { expectCount, serveCaller } from '../serve-caller.ts'
import { startStrictFarSide } from '../strict-relay.ts'
import { directory, groupPath, userPagePaths } from '../work.ts'

const [known = '', store] = process.argv.slice(2)
const wanted = directory.parse(JSON.parse(known))
const started = store === undefined ? startFarSide() : startStrictFarSide(store)
started
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
