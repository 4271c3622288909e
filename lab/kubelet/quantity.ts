const units: Readonly<Record<string, number>> = { '': 1, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, k: 1e3, M: 1e6, G: 1e9 }

/**
 * Returns the bytes of a quantity such as `256Mi` (Kubernetes, resource quantities). @throws on any
 * other text
 */
export function bytesOf(quantity: string | number): number {
  const [, amount = '', unit = ''] = /^(\d+)(\D*)$/.exec(String(quantity)) ?? []
  const factor = units[unit]
  if (amount === '' || factor === undefined) throw new Error(`${quantity} is no quantity of bytes`)
  return Number(amount) * factor
}
