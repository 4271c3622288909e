import { readFileSync } from 'node:fs'
import { envSchema } from 'env-schema'
import type { Static, TObject } from 'typebox'

/** Lists every bad variable by name and rule. It never shows a value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(`Bad configuration: ${problems.join('; ')}`)
    this.problems = problems
  }
}

/**
 * Reads the variables of `schema` from `env`, converts them and fills in defaults. A variable `X`
 * may come as `X_FILE`, the path of a file with the value (a mounted secret). An empty variable
 * counts as unset.
 *
 * @throws ConfigError
 */
export function loadConfig<T extends TObject>(schema: T, env: NodeJS.ProcessEnv): Static<T> {
  const problems: string[] = []
  const given: Record<string, string> = {}
  for (const name of Object.keys(schema.properties)) {
    const value = env[name] || readSecret(env[`${name}_FILE`], name, problems)
    if (value !== undefined && value !== '') given[name] = value
  }
  try {
    const config = envSchema<Static<T>>({ schema: { ...schema }, data: given, env: false, dotenv: false })
    if (problems.length === 0) return config
  } catch (error) {
    problems.push(...problemsOf(error))
  }
  throw new ConfigError(problems)
}

function readSecret(file: string | undefined, name: string, problems: string[]): string | undefined {
  if (!file) return undefined
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    problems.push(`${name}_FILE names a file that cannot be read`)
    return undefined
  }
}

type AjvProblem = { instancePath?: string; message?: string; params?: { missingProperty?: string } }

function problemsOf(error: unknown): string[] {
  if (!(error instanceof Error && 'errors' in error && Array.isArray(error.errors))) throw error
  // ajv makes this list. Its messages quote the schema and no value.
  return (error.errors as AjvProblem[]).map(({ instancePath = '', message = 'is invalid', params }) =>
    params?.missingProperty === undefined
      ? `${instancePath.slice(1)} ${message}`
      : `${params.missingProperty} is missing`,
  )
}
