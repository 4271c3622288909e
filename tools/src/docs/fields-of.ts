import { isObject, type Json, type JsonObject, plain } from './json.ts'

/**
 * Describes the fields of an object's schema in a line: `name` (text, 1 to 64), `topic`? (text, up
 * to 512).
 */
export function fieldsOf(schema: object): string {
  const { properties, required } = plain(schema)
  const needed = Array.isArray(required) ? required : []
  return Object.entries(isObject(properties) ? properties : {})
    .filter(([, field]) => isObject(field) && field.const === undefined)
    .map(([name, field]) => `\`${name}\`${needed.includes(name) ? '' : '?'} (${isObject(field) ? formOf(field) : ''})`)
    .join(', ')
}

function formOf(field: JsonObject): string {
  const { type, title, description, pattern } = field
  if (type === 'object') return `${String(title)}: ${fieldsOf(field)}`
  // Ids and bytes have patterns. Their description says what they are.
  const what = pattern !== undefined ? String(description) : [named(type), description].filter(isText).join(', ')
  return [what, range(field.minLength ?? field.minimum, pattern === undefined ? field.maxLength : undefined)]
    .filter(isText)
    .join(', ')
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''
const named = (type: Json | undefined): string => (type === 'string' ? 'text' : String(type))

function range(from: Json | undefined, to: Json | undefined): string {
  if (to === undefined) return typeof from === 'number' && from > 0 && from < 32 ? `at least ${from}` : ''
  return from === undefined ? `up to ${String(to)} letters` : `${String(from)} to ${String(to)} letters`
}
