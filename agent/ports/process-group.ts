// Ending a child process and all that it started, as a group of its own. Starting one is the caller's work.

/** Nothing happens where none of the group is left. */
export type EndGroup = (leader: number) => void

export const systemEndGroup: EndGroup = (leader) => {
  try {
    process.kill(-leader, 'SIGKILL')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}
