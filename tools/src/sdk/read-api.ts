import { join } from 'node:path'
import { Application, Converter, type DeclarationReflection, type ProjectReflection, ReflectionKind } from 'typedoc'
import { entries, root } from './paths.ts'

/** Everything that is public needs a docstring: the exports and the members of classes. */
const documented = ['Function', 'Class', 'Interface', 'TypeAlias', 'Variable', 'Method', 'Accessor'] as const

/** The public API of the SDK, as TypeDoc reads it from the sources. */
export type Api = {
  readonly project: ProjectReflection
  /** Exports and members without a docstring, and links to nowhere. */
  readonly findings: readonly string[]
  /** Writes the pages. */
  write(folder: string): Promise<void>
}

/**
 * Reads the public API of the SDK. What is marked `@internal` is not part of it.
 *
 * @throws {Error} when TypeDoc cannot read it
 */
export async function readApi(): Promise<Api> {
  const findings: string[] = []
  const app = await Application.bootstrap({
    name: '@fastchat/client',
    entryPoints: Object.values(entries),
    tsconfig: join(root, 'tsconfig.json'),
    // The check of the types comes from the compiler itself.
    skipErrorChecking: true,
    excludeInternal: true,
    excludePrivate: true,
    excludeProtected: true,
    excludeExternals: false,
    disableSources: true,
    requiredToBeDocumented: [...documented],
    validation: {
      notDocumented: true,
      notExported: false,
      invalidLink: true,
      invalidPath: false,
      rewrittenLink: false,
    },
    readme: join(root, 'libs', 'client', 'README.md'),
    hideGenerator: true,
    githubPages: false,
    sort: ['alphabetical'],
  })
  app.logger.log = (message, level) => {
    if (level >= 2) findings.push(message)
  }
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => hideConstructors(project))
  const project = await app.convert()
  if (!project) throw new Error(`TypeDoc could not read the SDK: ${findings.join('; ')}`)
  app.validate(project)
  return { project, findings, write: (folder) => app.generateDocs(project, folder) }
}

/** Leaves out the constructors. People make only errors themselves, which are not secret. */
function hideConstructors(project: ProjectReflection): void {
  // The cast holds because constructors are declarations.
  const all = project.getReflectionsByKind(ReflectionKind.Constructor) as DeclarationReflection[]
  for (const one of all) project.removeReflection(one)
}
