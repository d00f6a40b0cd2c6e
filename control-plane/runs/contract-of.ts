// The contract of a job, by the name that a caller wrote; and params held to it.

import { isJobName, type JobContract, type JobName, jobs, SallyportError } from '@sallyport/protocol'

/** Throws `job_unknown`. */
export async function contractOf(name: string): Promise<JobContract> {
  return jobs[knownJob(name)].load()
}

/** Throws `params_invalid`, naming the param. Answers with the params after the defaults of the contract. */
export function checkParams(contract: JobContract, params: unknown): unknown {
  const parsed = contract.params.safeParse(params)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const where = issue?.path.map(String).join('.') || 'params'
  const message = `submit ${contract.name}: ${where}: ${issue?.message ?? 'does not fit'}. See the params of the job.`
  throw new SallyportError('params_invalid', message.slice(0, 2000))
}

function knownJob(name: string): JobName {
  if (isJobName(name)) return name
  const names = Object.keys(jobs).join(', ')
  throw new SallyportError('job_unknown', `submit ${name.slice(0, 100)}: there is no such job. There are: ${names}.`)
}
