// What esbuild says that it really put into a program: files of packages and of this repository, and who asks for whom.

import type { Metafile, Plugin } from 'esbuild'

export type BundledInput = { readonly path: string; readonly imports: readonly string[] }

export type InputList = { readonly plugin: Plugin; readonly inputs: readonly BundledInput[] }

/** Put into one build, the plugin fills `inputs`; files of which nothing is left in the bundle are not among them. */
export function listInputs(): InputList {
  const inputs: BundledInput[] = []
  const plugin: Plugin = {
    name: 'list-inputs',
    setup(build) {
      build.initialOptions.metafile = true
      build.onEnd(({ metafile }) => void (metafile && inputs.push(...inputsIn(metafile))))
    },
  }
  return { plugin, inputs }
}

function inputsIn({ inputs, outputs }: Metafile): readonly BundledInput[] {
  const used = new Set(Object.values(outputs).flatMap((output) => Object.keys(output.inputs)))
  return [...used].sort().map((path) => ({ path, imports: (inputs[path]?.imports ?? []).map((one) => one.path) }))
}
