import { command, succeeds } from '@fastchat/tools/command'
import { podman } from '@fastchat/tools/containers'
import { label } from './label.ts'
import { unmountMemory } from './volumes.ts'

/** Addresses on this machine only: pods are at 10.247.0.…, services at 10.247.1.…. */
const prefix = '10.247'
const firstPod = 10
const lastOctet = 254

const name = 'fastchat-kubelet'

/**
 * The network of the pods, and addresses of services on this machine. Creating it first removes
 * what an aborted run has left.
 */
export class Network {
  readonly name = name
  /** The address of this machine, as pods see it. Their name server is there. */
  readonly gateway = `${prefix}.0.1`
  readonly #addresses: string[] = []
  #pods = firstPod

  static async create(): Promise<Network> {
    await removeLeftOvers()
    await podman(['network', 'create', '--disable-dns', '--subnet', `${prefix}.0.0/24`, name])
    const network = new Network()
    // podman creates a network with its first container. Its gateway's address is needed before
    // that.
    await command('ip', ['address', 'replace', `${network.gateway}/32`, 'dev', 'lo'])
    return network
  }

  podAddress(): string {
    if (this.#pods > lastOctet) throw new Error('all addresses for pods are in use')
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
