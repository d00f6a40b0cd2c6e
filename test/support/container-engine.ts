// A container engine of its own, which shares nothing with others on this machine, and how a person speaks to it.

import { type Ended, finishCommand, runCommand } from './finish-command.ts'

export type ContainerEngine = AsyncDisposable & {
  /** `docker …`; the output without its last newline. Throws where it ends otherwise than with 0. */
  docker(...words: readonly string[]): Promise<string>
  attempt(...words: readonly string[]): Promise<Ended>
  /** `docker compose …` in a folder, which has compose.yaml. */
  compose(folder: string, ...words: readonly string[]): Promise<string>
  /** The network that compose files come to. */
  readonly network: string
  /** Makes it, as compose would. */
  createNetwork(): Promise<void>
  /** A line of a page as a person would give it at a terminal, in a folder; `typed` is what they type. Throws as `docker` does. */
  type(line: string, folder: string, typed?: string): Promise<string>
}

/** How it is spoken to by the command `docker` that this environment leads to. */
export function speakTo(
  environment: NodeJS.ProcessEnv,
  project: string,
): Omit<ContainerEngine, typeof Symbol.asyncDispose> {
  const surroundings = { environment: { ...environment, COMPOSE_PROJECT_NAME: project } }
  const network = `${project}_default`
  const labels = ['--label', `com.docker.compose.project=${project}`, '--label', 'com.docker.compose.network=default']
  return {
    docker: (...words) => runCommand('docker', words, surroundings),
    attempt: (...words) => finishCommand('docker', words, surroundings),
    compose: (cwd, ...words) => runCommand('docker', ['compose', ...words], { ...surroundings, cwd }),
    network,
    createNetwork: async () =>
      void (await runCommand('docker', ['network', 'create', ...labels, network], surroundings)),
    type: (line, cwd, input = '') =>
      runCommand('script', ['--quiet', '--return', '--command', line, '/dev/null'], { ...surroundings, cwd, input }),
  }
}
