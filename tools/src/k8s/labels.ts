import type { Labels } from './manifest.ts'

type Expression = { readonly key: string; readonly operator: string; readonly values?: readonly string[] }

export type Selector = { readonly matchLabels?: Labels; readonly matchExpressions?: readonly Expression[] }

/** An empty selector fits everything, as in Kubernetes; whether an absent one does depends on where it is absent. */
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
