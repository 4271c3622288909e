import type { Pod } from '../kubelet/pod.ts'

/** Returns the value of a metric that has one series, from the pod's admin port. */
export async function metricOf({ ip }: Pod, name: string): Promise<number> {
  const text = await (await fetch(`http://${ip}:9090/metrics`)).text()
  const [, value] = new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text) ?? []
  if (value === undefined) throw new Error(`no metric ${name}`)
  return Number(value)
}
