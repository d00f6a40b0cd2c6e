import { expect, test } from 'vitest'
import { withTroubleshooting } from '../../../scripts/generate/troubleshooting.ts'

const before = '# Operations\n\n## Upgrade\n\nFirst this.\n'
const after = '\n## Drain\n\nThen that.\n'

test('adds its section where there is none, and replaces that one alone', () => {
  const added = withTroubleshooting(before)
  const between = withTroubleshooting(`${added.replace('plane.enrolment', 'plane.enrollment')}${after}`)

  expect(added.startsWith(before)).toBe(true)
  expect(added).toMatch(/\| `plane\.enrolment` \| .+ \| `sallyport enrol --plane PLANE --code -` \| no \|\n/)
  expect(between).toBe(`${added}${after}`)
  expect(withTroubleshooting(between)).toBe(between)
})

test('begins the page where there is none', () => {
  expect(withTroubleshooting(undefined)).toMatch(/^# Operations\n\n## Troubleshooting by doctor id\n/)
})
