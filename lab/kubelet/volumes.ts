import { chmod, chown, mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { command } from '@fastchat/tools/command'
import { ofKind } from '@fastchat/tools/workloads'
import type { IConfigMap, IContainer, IEmptyDirVolumeSource, IKeyToPath, ISecret, IVolume } from 'kubernetes-models/v1'
import { label } from './label.ts'
import type { Objects, PodObject } from './pod-object.ts'
import { bytesOf } from './quantity.ts'

/** A folder of this machine that a container sees at a path. */
export type Mount = { readonly path: string; readonly folder: string; readonly isReadOnly: boolean }

type Source = { readonly data: Readonly<Record<string, string>>; readonly items: readonly IKeyToPath[] | undefined }

const defaultMode = 0o644

/**
 * Creates a pod's volumes under `folder` and returns what a container mounts where. Files belong to
 * root and to the pod's fsGroup, as on a node. Existing volumes are kept, since a pod's containers
 * share them.
 *
 * @throws when a volume, or its source, is missing
 */
export async function mountsOf(
  pod: PodObject,
  { volumeMounts = [] }: IContainer,
  objects: Objects,
  folder: string,
): Promise<Mount[]> {
  const group = pod.spec.securityContext?.fsGroup ?? 0
  const mounts: Mount[] = []
  for (const { name, mountPath: path, readOnly: isReadOnly = false } of volumeMounts) {
    const volume = (pod.spec.volumes ?? []).find((it) => it.name === name)
    const made = join(folder, pod.name, name)
    if (volume === undefined && !pod.claims.includes(name)) throw new Error(`${pod.name}: no volume ${name}`)
    await makeFolder(made, group)
    if (volume === undefined) await giveToGroup(made, group)
    if (volume?.emptyDir) await mountMemory(made, volume.emptyDir, group)
    else if (volume) await writeFiles(volume, made, group, objects)
    mounts.push({ path, folder: made, isReadOnly })
  }
  return mounts
}

async function writeFiles(volume: IVolume, folder: string, group: number, objects: Objects): Promise<void> {
  const mode = volume.secret?.defaultMode ?? volume.configMap?.defaultMode ?? volume.projected?.defaultMode
  const sources = volume.projected?.sources ?? [volume]
  for (const { data, items } of sources.map((source) => sourceOf(source, objects)))
    for (const { key, path } of items ?? Object.keys(data).map((key) => ({ key, path: key }))) {
      const content = data[key]
      if (content === undefined) throw new Error(`volume ${volume.name}: no key ${key}`)
      const file = join(folder, path)
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, content, { mode: 0o600 })
      await chown(file, 0, group)
      await chmod(file, mode ?? defaultMode)
    }
}

/** Mounts a tmpfs. podman could not do this: its tmpfs always belongs to root. */
async function mountMemory(folder: string, { medium, sizeLimit }: IEmptyDirVolumeSource, group: number): Promise<void> {
  if (medium !== 'Memory' || sizeLimit === undefined)
    throw new Error('an emptyDir must be in memory and have a sizeLimit')
  if ((await readFile('/proc/mounts', 'utf8')).includes(` ${folder} `)) return
  const options = `size=${bytesOf(sizeLimit)},mode=2777,gid=${group}`
  await command('mount', ['-t', 'tmpfs', '-o', options, label, folder])
}

/** Unmounts the tmpfs volumes under `folder`, or all of this kubelet. Claimed volumes stay. */
export async function unmountMemory(folder?: string): Promise<void> {
  for (const line of (await readFile('/proc/mounts', 'utf8')).split('\n')) {
    const [source, path = ''] = line.split(' ')
    if (source === label && (folder === undefined || path.startsWith(`${folder}/`))) await command('umount', [path])
  }
}

type VolumeSource = {
  readonly secret?: { readonly name?: string; readonly secretName?: string; readonly items?: readonly IKeyToPath[] }
  readonly configMap?: { readonly name?: string; readonly items?: readonly IKeyToPath[] }
}

function sourceOf({ secret, configMap }: VolumeSource, objects: Objects): Source {
  const name = secret?.secretName ?? secret?.name ?? configMap?.name
  const found = secret
    ? ofKind<ISecret>(objects, 'Secret').find(({ metadata }) => metadata.name === name)?.stringData
    : ofKind<IConfigMap>(objects, 'ConfigMap').find(({ metadata }) => metadata.name === name)?.data
  if (found === undefined) throw new Error(`no ${secret ? 'Secret' : 'ConfigMap'} ${name}`)
  return { data: found, items: secret?.items ?? configMap?.items }
}

/**
 * Gives all of a claimed volume to the group, writable, at every start. That is what a node does
 * with volumes that support fsGroup, without regard to `fsGroupChangePolicy`. Some drivers do not
 * support it, and a restored volume is new to its node.
 */
async function giveToGroup(folder: string, group: number): Promise<void> {
  await command('chgrp', ['-R', String(group), folder])
  await command('chmod', ['-R', 'g+rwX', folder])
  await command('find', [folder, '-type', 'd', '-exec', 'chmod', 'g+s', '{}', '+'])
}

/** Creates a folder that a group may write to. New files in it belong to the group, too. */
async function makeFolder(folder: string, group: number): Promise<void> {
  await mkdir(folder, { recursive: true })
  await chown(folder, 0, group)
  await chmod(folder, 0o2775)
}
