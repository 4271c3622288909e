import { type DeclarationReflection, type ProjectReflection, ReflectionKind } from 'typedoc'
import { memberText, signatureText, typeText } from './type-text.ts'

const heading = `# The public API of @fastchat/client

This page has every exported name with its signature. \`npm run docs:generate\` makes it from the sources. A change here
is a change for users of the SDK, so it needs a line in [CHANGELOG.md](../libs/client/CHANGELOG.md).
`

/** Returns the exported names and signatures as text, sorted by name. */
export function apiReport({ children: entries = [] }: ProjectReflection): string {
  const parts = entries.map(({ name, children = [] }) => {
    const shown = children.toSorted((a, b) => (a.name < b.name ? -1 : 1)).flatMap(linesOf)
    return `## ${name === 'index' ? '@fastchat/client' : `@fastchat/client/${name}`}\n\n\`\`\`ts\n${shown.join('\n')}\n\`\`\`\n`
  })
  return [heading, ...parts].join('\n')
}

function linesOf(one: DeclarationReflection): string[] {
  const { name, kind, signatures, children = [], extendedTypes } = one
  if (signatures?.length) return signatures.map((signature) => `function ${name}${signatureText(signature)}`)
  if (kind === ReflectionKind.Variable) return [`const ${name}: ${typeText(one.type)}`]
  if (kind !== ReflectionKind.Class && children.length === 0) return [`type ${name} = ${typeText(one.type)}`]
  if (kind !== ReflectionKind.Class) return [`type ${name}`, ...children.map((member) => `  ${memberText(member)}`)]
  const parent = extendedTypes?.length ? ` extends ${extendedTypes.map(typeText).join(', ')}` : ''
  // What a class inherits from the language is no choice of ours.
  const own = children.filter(({ inheritedFrom }) => !inheritedFrom?.name.startsWith('Error.'))
  return [`class ${name}${parent}`, ...own.map((member) => `  ${memberText(member)}`)]
}
