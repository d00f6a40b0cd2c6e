// What `--keep` prints: the running installation, and lines to paste.

import { agentName, type Installation } from '../../test/support/installation.ts'

export function tryIt({ plane, simulator, directory }: Installation): readonly string[] {
  const curl = `curl -s -H "Authorization: Bearer ${plane.token}"`
  const json = '-H "Content-Type: application/json"'
  return [
    '',
    `control plane   ${plane.url}   (its interface: ${plane.url}/v1/openapi.json)`,
    ...(simulator ? [`JumpCloud       ${simulator.url}   (simulated)`] : []),
    'token           good for an hour',
    `files           ${directory}   (removed at the end)`,
    '',
    'Try, in another terminal:',
    `  ${curl} ${plane.url}/v1/agents/${agentName}`,
    `  ${curl} ${plane.url}/v1/jobs`,
    `  ${curl} ${json} -d '{"job":"groups.list"}' ${plane.url}/v1/agents/${agentName}/runs`,
    `  ${curl} ${plane.url}/v1/runs/ID/pages      # ID is what the line before answered`,
    '',
    'Ctrl-C ends everything.',
  ]
}
