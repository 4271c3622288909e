import { parseAst } from 'vite'

/** Fields of schemas whose text only the documents show. */
const noteFields = new Set(['description', 'summary', 'title', 'examples'])
/** The fields of an operation that a client reads. */
const readFields = new Set(['method', 'path'])

/** Returns a module of the contract without notes, and its operations without their schemas. */
export function withoutNotes(code: string): string {
  const cuts: [from: number, to: number][] = []
  visit(parseAst(code, { lang: 'ts' }), cuts)
  let rest = code
  for (const [from, to] of cuts.toSorted(([a], [b]) => b - a))
    rest = rest.slice(0, from) + rest.slice(to).replace(/^\s*,/, '')
  return rest
}

/** A node of ESTree. Only what is read here is typed. */
type Node = {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [field: string]: unknown
}

function visit(value: unknown, cuts: [number, number][], isOperation = false): void {
  if (Array.isArray(value)) for (const each of value) visit(each, cuts, isOperation)
  if (!isNode(value)) return
  if (value.type === 'ObjectExpression') {
    visitObject(value, cuts, isOperation)
    return
  }
  const isCall = value.type === 'CallExpression' && nameOf(value.callee) === 'operation'
  for (const each of Object.values(value)) visit(each, cuts, isCall)
}

function visitObject({ properties }: Node, cuts: [number, number][], isOperation: boolean): void {
  // The cast holds by ESTree.
  const fields = properties as readonly Node[]
  for (const field of fields)
    if (field.type === 'Property' && (isOperation ? !readFields.has(nameOf(field.key)) : isNote(field)))
      cuts.push([field.start, field.end])
    else visit(Object.values(field), cuts)
}

/** A field of a message may be named as a note. Its value is a schema and no text. */
function isNote({ key, value }: Node): boolean {
  return noteFields.has(nameOf(key)) && isNode(value) && noteTypes.has(value.type)
}
const noteTypes = new Set(['Literal', 'TemplateLiteral', 'ArrayExpression'])

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'type' in value
const nameOf = (node: unknown): string => (isNode(node) && typeof node.name === 'string' ? node.name : '')
