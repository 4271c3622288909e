import type { Pod } from '../kubelet/pod.ts'

/** The value of a metric that has one, as Prometheus would read it. */
export async function metricOf({ ip }: Pod, name: string): Promise<number> {
  const text = await (await fetch(`http://${ip}:9090/metrics`)).text()
  const [, value] = new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text) ?? []
  if (value === undefined) throw new Error(`no metric ${name}`)
  return Number(value)
}
