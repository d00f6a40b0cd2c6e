// Reads a vitest report and prints "PASSED FAILED". A file that could not be run, or an error outside of every test, counts as one
// failed test; so does a report that is not there.

import { readFileSync } from 'node:fs'

const [path, exitCode] = process.argv.slice(2)

function count() {
  try {
    const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(path, 'utf8'))
    const broken = testResults.filter(
      ({ status, assertionResults }) =>
        status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
    )
    return { passed: numPassedTests, failed: numFailedTests + broken.length }
  } catch {
    return { passed: 0, failed: 0 }
  }
}

const { passed, failed } = count()
process.stdout.write(`${passed} ${exitCode !== '0' && failed === 0 ? 1 : failed}\n`)
