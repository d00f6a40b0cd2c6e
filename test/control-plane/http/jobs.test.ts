import { jobs } from '@sallyport/protocol'
import { expect, test } from 'vitest'
import { startControlPlane } from '../../support/control-plane.ts'

test('lists every job with its effect, schemas and an example', async () => {
  await using world = await startControlPlane()
  const token = await world.token('runs:read@acme')

  const { json } = await world.ask({ path: '/v1/jobs', token })

  expect(json).toMatchObject({ jobs: Object.keys(jobs).map((name) => ({ name })) })
  expect(json).toMatchObject({
    jobs: expect.arrayContaining([
      expect.objectContaining({
        name: 'groups.members.add',
        effect: 'write',
        params: expect.objectContaining({ type: 'object', additionalProperties: false }),
        example: expect.objectContaining({ groupId: expect.any(String) }),
      }),
    ]),
  })
})
