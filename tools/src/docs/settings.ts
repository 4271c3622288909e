import { ConfigSchema as auth } from '@fastchat/auth/config'
import { Config as balancer } from '@fastchat/balancer/config'
import { Config as chat } from '@fastchat/chat/config'
import type { TObject, TSchema } from 'typebox'

const head = `# Settings

Every environment variable that the services read. \`npm run docs:generate\` writes this page from their schemas. Each
variable may be given as \`NAME_FILE\`, the path of a file with the value. \`LOG_LEVEL\` (\`info\`) sets the log level of
every service.

A variable without a default is required, unless its meaning says "optional". A service that starts with bad variables
lists all their names at once, and never a value. \`npm start -- --help\` lists the variables of \`npm start\`, and
\`fastchat --help\` and \`fastchat-admin --help\` those of the command lines.
`

/** Defaults that depend on the machine, in words. */
const inWords: Readonly<Record<string, string>> = { HASH_SLOTS: 'the number of cores, at most 3' }

const services: Readonly<Record<string, TObject>> = { auth, balancer, chat }

/** Returns docs/settings.md: the variables of each service, with their defaults and meanings. */
export function settingsPage(): string {
  const sections = Object.entries(services).map(([service, { properties, required }]) => {
    const rows = Object.entries(properties).map(([name, schema]) => rowOf(name, schema, required.includes(name)))
    return `## ${service}\n\n| variable | default | meaning |\n| --- | --- | --- |\n${rows.join('\n')}\n`
  })
  return [head, ...sections].join('\n')
}

/** @throws Error when a setting has no description. */
function rowOf(name: string, schema: TSchema, isRequired: boolean): string {
  // Descriptions and defaults are annotations, which the type of a schema does not show.
  const { description, default: fallback } = schema as { readonly description?: string; readonly default?: unknown }
  if (description === undefined) throw new Error(`${name} has no description`)
  const shown = inWords[name] ?? (fallback === undefined || fallback === '' ? '' : `\`${String(fallback)}\``)
  return `| \`${name}\` | ${shown} | ${isRequired ? '' : 'optional. '}${description.replaceAll('|', '\\|')} |`
}
