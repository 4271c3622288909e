import { command, succeeds } from '@fastchat/tools/command'
import { podman } from '@fastchat/tools/containers'
import { label } from './label.ts'
import { unmountMemory } from './volumes.ts'

/** Of this machine alone; pods are at 10.247.0.…, services at 10.247.1.…. */
const prefix = '10.247'
const firstPod = 10
const lastOctet = 254

const name = 'fastchat-kubelet'

/** The network of the pods, and addresses of services on this machine. Whatever an aborted run has left is taken away first. */
export class Network {
  readonly name = name
  /** This machine, as pods see it; also their name server. */
  readonly gateway = `${prefix}.0.1`
  readonly #addresses: string[] = []
  #pods = firstPod

  static async create(): Promise<Network> {
    await removeLeftOvers()
    await podman(['network', 'create', '--disable-dns', '--subnet', `${prefix}.0.0/24`, name])
    const network = new Network()
    // A network is made with its first container; its gateway's address is wanted before.
    await command('ip', ['address', 'replace', `${network.gateway}/32`, 'dev', 'lo'])
    return network
  }

  podAddress(): string {
    if (this.#pods > lastOctet) throw new Error('more pods than addresses')
    return `${prefix}.0.${this.#pods++}`
  }

  async serviceAddress(): Promise<string> {
    const address = `${prefix}.1.${this.#addresses.length + 1}`
    this.#addresses.push(address)
    await command('ip', ['address', 'replace', `${address}/32`, 'dev', 'lo'])
    return address
  }

  async remove(): Promise<void> {
    await removeLeftOvers()
  }
}

async function removeLeftOvers(): Promise<void> {
  const containers = await podman(['ps', '--all', '--quiet', '--filter', `label=${label}`])
  if (containers !== '') await podman(['rm', '--force', ...containers.split('\n')])
  await unmountMemory()
  if (await succeeds('podman', ['network', 'exists', name])) await podman(['network', 'rm', '--force', name])
  for (const address of (await command('ip', ['-o', '-4', 'address', 'show', 'dev', 'lo'])).matchAll(/inet (\S+)/g))
    if (address[1]?.startsWith(`${prefix}.`)) await command('ip', ['address', 'del', address[1], 'dev', 'lo'])
}
