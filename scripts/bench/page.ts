// docs/bench.md, whole: what is said there of figures is made from figures.

import type { Results } from './results.ts'
import { figuresTable, guardTable, processesTable, serviceTable, targetsTable } from './tables.ts'

export function benchPage(results: Results): string {
  const { takenAt, machine } = results
  const { processor, coreCount, memoryGiB, system, node, commitMs } = machine
  return `# Bench

Written by \`npm run bench -- --write\`; nothing here is typed by hand.

Taken on ${takenAt.slice(0, 10)} on ${coreCount} cores (${processor}), ${memoryGiB} GiB of memory, ${system}, Node ${node}, where one
durable commit of SQLite took ${commitMs.toFixed(2)} ms. All processes share these cores, the simulated JumpCloud included. Ratios hold better
than figures.

## What was to be reached

Sallyport is here the contestant \`library\`. The last column is the same ratio for the strict relay: what is paid for the promises
alone, before anything of ours is done.

${targetsTable(results)}

${inTheWay}

${method(results)}

## All figures

${figuresTable(results)}

${processesTable(results)}

${serviceTable(results)}

${guardTable(results)}
`
}

const inTheWay = `What stands in the way of those that are not met, as profiles show it:

- **p50 and processor time of one group.** A signature is made and checked (60 and 130 µs) for what is ready in one turn, and what is
  asked and answered is committed: that is the strict relay's ratio, which alone is over the limit, or near it. Between it and Sallyport lies no one thing: frames, params and rows are
  checked against their schemas, the policy decides, the governor paces, three lines go into the ledger, and no function takes more than a few of a hundred.
- **100 in flight.** The agent has at most 10 calls of JumpCloud under way, because JumpCloud answers more with 429; so with an upstream of 20 ms a
  hundred wait for each other. The ceiling is \`concurrency\` in the configuration.
- **Pages of users.** Each page (85 kB) is committed at both ends before it is acknowledged. Compressing what is committed
  was tried: a third of the bytes, and the same rate, because it costs what it saves.
- **Start.** Node alone takes 40 ms. The agent then reads configuration and policy, opens its journal, proves itself to the control plane and checks who that is, and asks JumpCloud for the
  organisation before the first call. A start-up snapshot was tried: Node cannot put its HTTP parser into one.`

function method({ roundCount, roundMs, userCount }: Results): string {
  return `## How it is measured

Everybody does the same work against one simulated JumpCloud in a process of its own, over loopback, in turns of ${roundMs} ms each
(or of one call, where that takes longer), ${roundCount} rounds (3 where they take very long), another one first in each. \`group\` is one group by its id. \`users\` is the whole directory of ${userCount} users,
in pages of 100, and what is counted is pages. The upstream latency is added by the simulated JumpCloud to each of its answers.

- \`direct\` calls it itself: undici, connections kept alive, one page after the other.
- \`relay\` is \`scripts/bench/bare-relay.ts\`: under 60 lines, a WebSocket and undici, no policy, journal, signatures or leak check. It
  parses an answer and picks the same fields. Its far side is in the process of its caller. A listing is one page after the other.
- \`strict\` is \`scripts/bench/strict-relay.ts\`: that relay, with an Ed25519 signature over what it is asked, and a durable commit of
  what is asked, of what is answered and of each page; what is ready in one turn shares them. No policy, leak check, log or resume.
- \`library\` is the built agent, and a control plane embedded in the process of its caller.
- \`http\` is the built agent and the built control plane, called by a third process over HTTP: a POST and a GET for each run.

Agent and control plane run as they come: signatures, policy, journal and leak check are on, runs and pages are committed durably,
and the agent writes each run into its ledger. The agent sends at most 10 calls at once to JumpCloud, at any number in flight; the others have no such
bound. Everybody is bundled in the same way and has a code cache.

- p50, p99 and rates are medians over the rounds; a call runs from the caller's asking to its having every row.
- *near* is the process in the customer's network, *far* the one at the other end; there the caller is included, but for \`http\`.
- Processor time is of all threads, for one group or one page, over all rounds.
- Private memory is \`RssAnon\`; idle is half a second after the first answer, the peak the most of the whole run.
- The start runs from the spawning of the near process to the first answer through it: the median of several, after one that
  does not count.
- The installed service is the executable of the Debian package under the unit that comes with it, in a Debian with systemd that is booted
  for this. Its start runs from the moment at which systemd starts the process to the line of its log that says that the session is open.
- The leak guard searches each frame for every secret in each of its encodings: six needles of one key, 48 of eight. Beside it
  stands what it takes to parse the rows of the same page; medians of 300, taken in this process before anything else runs.`
}
