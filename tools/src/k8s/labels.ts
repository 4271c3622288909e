import type { Labels } from './manifest.ts'

type Expression = { readonly key: string; readonly operator: string; readonly values?: readonly string[] }

export type Selector = { readonly matchLabels?: Labels; readonly matchExpressions?: readonly Expression[] }

/**
 * Says whether a selector selects labels. An empty selector selects all, as in Kubernetes. What an
 * absent selector means depends on its place.
 */
export function fits({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Labels): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every((expression) => fitsExpression(expression, labels[expression.key]))
  )
}

function fitsExpression({ operator, values = [] }: Expression, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    default:
      throw new Error(`unknown operator ${operator}`)
  }
}
