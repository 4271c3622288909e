import * as client from '@kubernetes/client-node'
import type { Manifest } from './manifest.ts'

type Attribute = { readonly baseName: string; readonly type: string }
type Model = { getAttributeTypeMap(): readonly Attribute[] }

const arrayOf = /^Array<(.+)>$/
const mapOf = /^\{ \[key: string\]: (.+); \}$/

/**
 * Returns the paths of fields that Kubernetes does not know, by the types of its client. Objects of
 * other kinds have none.
 */
export function unknownFields(manifest: Manifest): string[] {
  const model = modelOf(typeOf(manifest))
  return model === undefined ? [] : inObject(model, manifest, manifest.kind)
}

/** Returns the name of the client's type: `apps/v1` and `Deployment` make `V1Deployment`. */
function typeOf({ apiVersion, kind }: Manifest): string {
  const version = apiVersion.split('/').at(-1) ?? ''
  return `${version.charAt(0).toUpperCase()}${version.slice(1)}${kind}`
}

function modelOf(type: string): Model | undefined {
  // The module exports its generated models, among other things.
  const exported = (client as unknown as Record<string, Partial<Model> | undefined>)[type]
  return typeof exported?.getAttributeTypeMap === 'function' ? (exported as Model) : undefined
}

function inObject(model: Model, value: object, path: string): string[] {
  const types = new Map(model.getAttributeTypeMap().map(({ baseName, type }) => [baseName, type]))
  return Object.entries(value).flatMap(([name, field]) => {
    const type = types.get(name)
    return type === undefined ? [`${path}.${name}`] : inValue(type, field, `${path}.${name}`)
  })
}

function inValue(type: string, value: unknown, path: string): string[] {
  const item = arrayOf.exec(type)?.[1]
  if (item !== undefined) {
    return Array.isArray(value) ? value.flatMap((each, index) => inValue(item, each, `${path}.${index}`)) : [path]
  }
  const entry = mapOf.exec(type)?.[1]
  if (entry !== undefined) {
    return Object.entries(Object(value)).flatMap(([key, each]) => inValue(entry, each, `${path}.${key}`))
  }
  const model = modelOf(type)
  if (model === undefined) return [] // text, numbers and other values without fields
  return typeof value === 'object' && value !== null ? inObject(model, value, path) : [path]
}
