import type { DeclarationReflection, SignatureReflection, SomeType } from 'typedoc'

/** Returns a type as text. Unlike TypeDoc's own text it shows what is inside of objects. */
export function typeText(type: SomeType | undefined): string {
  if (type === undefined) return 'unknown'
  switch (type.type) {
    case 'reflection':
      return objectText(type.declaration)
    case 'union':
      // The compiler's order depends on which type it met first, so it says nothing about the API.
      return type.types.map(typeText).toSorted().join(' | ')
    case 'intersection':
      return type.types.map(typeText).join(' & ')
    case 'array':
      return `(${typeText(type.elementType)})[]`
    case 'typeOperator':
      return `${type.operator} ${typeText(type.target)}`
    case 'reference':
      return type.typeArguments?.length ? `${type.name}<${type.typeArguments.map(typeText).join(', ')}>` : type.name
    default:
      return type.toString()
  }
}

/** Returns the parameters and the result of a function as text. */
export function signatureText({ parameters = [], type, typeParameters }: SignatureReflection): string {
  const generic = typeParameters?.length ? `<${typeParameters.map(({ name }) => name).join(', ')}>` : ''
  const taken = parameters.map(({ name, flags, defaultValue, type: of }) => {
    const isOptional = flags.isOptional || defaultValue !== undefined
    return `${name.replace('__namedParameters', 'options')}${isOptional ? '?' : ''}: ${typeText(of)}`
  })
  return `${generic}(${taken.join(', ')}): ${typeText(type)}`
}

function objectText({ children = [], signatures = [], indexSignatures = [] }: DeclarationReflection): string {
  const calls = signatures.map(signatureText)
  if (children.length === 0 && indexSignatures.length === 0) return calls.join(' & ') || '{}'
  const members = children.map(memberText)
  return `{ ${[...calls, ...indexSignatures.map(signatureText), ...members].join('; ')} }`
}

/** Returns a property, accessor or method as text. */
export function memberText(member: DeclarationReflection): string {
  const { name, flags, signatures, getSignature, type } = member
  const readOnly = flags.isReadonly || getSignature !== undefined ? 'readonly ' : ''
  const fixed = flags.isStatic ? 'static ' : ''
  if (signatures?.length) return signatures.map((one) => `${fixed}${name}${signatureText(one)}`).join('; ')
  return `${fixed}${readOnly}${name}${flags.isOptional ? '?' : ''}: ${typeText(getSignature?.type ?? type)}`
}
