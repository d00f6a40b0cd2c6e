// What `--keep` prints: the running installation, and lines to paste.

import type { Installation } from '../../test/support/installation.ts'

export async function tryIt({ planeUrl, token, simulator, directory, ask }: Installation): Promise<readonly string[]> {
  const { body } = await ask('GET', '/v1/agents')
  const curl = `curl -s -H "Authorization: Bearer ${token}"`
  return [
    '',
    `control plane   ${planeUrl}   (interface: ${planeUrl}/v1/openapi.json)`,
    `token           ${token}`,
    ...(simulator ? [`JumpCloud       ${simulator.url}   (simulated)`] : []),
    `files           ${directory}`,
    `agents          ${JSON.stringify(body)}`,
    '',
    'Try:',
    `  ${curl} ${planeUrl}/v1/jobs`,
    `  ${curl} -H "Content-Type: application/json" -d '{"job":"groups.list","connection":"main","params":{}}' ${planeUrl}/v1/agents/acme/runs`,
    `  ${curl} ${planeUrl}/v1/runs/RUN/pages`,
    '',
    'Ctrl-C ends everything.',
  ]
}
