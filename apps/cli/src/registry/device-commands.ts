import { command } from './command.ts'
import { argument } from './param.ts'
import { text } from './value.ts'

const device = () => argument(text(), 'its number or id, or its name when only one has it')

/** The commands about one's own devices. */
export const deviceCommands = [
  command('devices', {
    does: 'list your devices, with their numbers, ids and last use. New ones count as seen then',
    examples: ['fastchat devices'],
    params: {},
    run: async (context) => (await import('../commands/devices.ts')).devices(context),
  }),
  command('devices rename', {
    does: 'name a device of yours',
    examples: ['fastchat devices rename 2 "Work laptop"'],
    params: { device: device(), name: argument(text(), 'the new name', { mayHaveSpaces: true }) },
    run: async (context, { device, name }) =>
      (await import('../commands/devices.ts')).devicesRename(context, device, name),
  }),
  command('devices rm', {
    does: 'remove a device of yours that is lost or stolen. It cannot come back. Asks for the password',
    examples: ['fastchat devices rm 2'],
    params: { device: device() },
    needsPassword: true,
    run: async (context, { device }) => (await import('../commands/devices.ts')).devicesRevoke(context, device),
  }),
  command('devices revoke', {
    does: 'the same as devices rm',
    examples: ['fastchat devices revoke 019ab5e2-7f00-7c3e-8a51-0c8a4f0e9d11'],
    params: { device: device() },
    needsPassword: true,
    run: async (context, { device }) => (await import('../commands/devices.ts')).devicesRevoke(context, device),
  }),
]
