import type { TroubleWords } from './trouble-words.ts'

const operator = 'Tell the operator of the server'
const outside = 'outside this server, by phone or in person'

/** The words for problems that no one on this device has caused, in English. */
export const troublesEn: TroubleWords = {
  key_mismatch: {
    says: 'A change of a chat was refused: it uses a key for {who} that is not theirs in the directory',
    todo: `Another account may pose as {who}. Ask {who} ${outside}, who is in that chat`,
  },
  key_changed: {
    says: 'The server shows another key for {who} than the one known here',
    todo: `Nothing is encrypted to the new key. Compare your safety numbers ${outside}`,
  },
  devices_differ: {
    says: 'Another device of yours knows another key for {who} than this one',
    todo: `The server showed one of them a false key. Compare your safety numbers with {who} ${outside}. ${operator}`,
  },
  key_accepted: {
    says: 'A new key for {who} was accepted on another device of yours',
    todo: 'Messages go to the new key now. If you did not do this, remove that device, and ask {who} outside this server',
  },
  name_changed: {
    says: 'The server gives {who} another name',
    todo: `Messages still go to the same account. Ask {who} outside this server. ${operator}`,
  },
  name_taken: {
    says: 'The server gives the name {who} to another account than the one known here',
    todo: `That account is shown without a name. Ask {who} outside this server. ${operator}`,
  },
  name_unverified: {
    says: 'The server shows a name for {who} that their account key has not signed',
    todo: 'Do not rely on that name. Ask {who} outside this server who they are',
  },
  wrong_sender: {
    says: 'A message or a change was delivered under a wrong sender',
    todo: 'Such a message is not shown, and such a change counts as its signer’s. Ask the members of the chat outside this server what they did',
  },
  other_history: {
    says: 'The server showed another group than the one that follows from what this device knows',
    todo: `This device did not join it. The app of an admin starts encryption again with the members known here. ${operator}`,
  },
  unsigned_device: {
    says: 'The server shows a device of this account that the account has not signed',
    todo: `It is not listed, and nothing is encrypted to it. ${operator}`,
  },
  revoked_device_back: {
    says: 'A device that you removed has joined a chat again',
    todo: `The server keeps its removal back, and the device reads what is sent there. Do not write there. ${operator}`,
  },
  another_host: {
    says: 'The server sent this device to another host ({host})',
    todo: `It did not go there. ${operator}`,
  },
  unproven_departure: {
    says: 'The server says that {who} has left, and does not prove it',
    todo: `No member was removed. Messages wait here until the server takes them. Ask {who} outside this server. ${operator}`,
  },
  unproven_revocation: {
    says: 'The server says that a device of {who} was removed, and does not prove it',
    todo: `It is still in this chat. Messages may wait here until the server takes them. Ask {who} outside this server. ${operator}`,
  },
  revoked_sender: {
    says: 'A device of {who} sent a message after it was removed',
    todo: `The message is not shown. The server should not have taken it. ${operator}`,
  },
  read_only_sender: {
    says: '{who} sent a message to this group, in which only admins may write',
    todo: `The message is not shown. The server should not have taken it. ${operator}`,
  },
  profile_refused: {
    says: '{who} tried to change the name, topic or picture of this group, which only admins may',
    todo: 'Nothing was changed. Ask {who} to update the app',
  },
  cannot_enter: {
    says: 'This device could not join this chat',
    todo: 'It tries again when it connects the next time. If that does not help, ask an admin of the chat to remove you and to add you again',
  },
  account_state_old: {
    says: 'The server has forgotten what your devices stored last about people and groups',
    todo: 'It was stored again. If the server was not restored from a backup, tell its operator',
  },
  account_state_wrong: {
    says: 'What the server keeps for your devices was altered',
    todo: `This device used nothing of it, and stored its own again. ${operator}`,
  },
  account_state_full: {
    says: 'You know more people and groups than the server keeps for a new device',
    todo: 'Devices that are signed in go on as before. A new device starts with what was stored until now',
  },
  own_records_old: {
    says: 'The server has forgotten what your devices stored last about what was read, muted and pinned',
    todo: 'It was stored again, and nothing here went back. If the server was not restored from a backup, tell its operator',
  },
  own_records_wrong: {
    says: 'What the server keeps about what was read, muted and pinned was altered',
    todo: `This device used nothing of it. ${operator}`,
  },
  own_records_full: {
    says: 'Your devices share more about what was read, muted and pinned than the server keeps',
    todo: 'What was stored stays in step. The rest is kept in this browser only',
  },
  backup_old: {
    says: 'The server has forgotten a part of what your devices stored in the backup of your messages',
    todo: 'What this device knows of it is stored again. If the server was not restored from a copy, tell its operator',
  },
  backup_wrong: {
    says: 'The backup of your messages was altered at the server',
    todo: `This device used nothing of that, and stored its own list again. ${operator}`,
  },
  backup_incomplete: {
    says: 'The server does not give this device a part of the backup of your messages',
    todo: `The chat shows which messages are missing. Keep a device that has them. ${operator}`,
  },
  backup_full: {
    says: 'The backup of your messages is full',
    todo: 'New messages are on your devices only. To keep a copy, export your messages',
  },
  backup_not_rotated: {
    says: 'The key of the backup of your messages could not be replaced when a device was removed',
    todo: 'The removed device and the server together could read what is backed up from now on. Log in here again when the server answers, and remove the device again',
  },
  home_restored: {
    says: 'Messages were sent from here that this browser does not know: its data is older than it was',
    todo: 'Others have those messages. This device makes new keys before the next one. Do not copy the data of a browser: log in instead',
  },
  bad_group_info: {
    says: 'A change by {who} would have kept others from joining this chat',
    todo: 'This device replaced it. Ask {who} to update the app',
  },
  altered_on_the_way: {
    says: 'A change of this chat was altered on its way to this device',
    todo: 'It was not used. No device can tell who altered it. If it happens again, tell the operator of the server',
  },
  unfollowable_commit: {
    says: 'A device of {who} changed the group in a way that this device could not follow',
    todo: 'This device joins again by itself. Ask {who} to update the app. If it goes on, they may do it on purpose',
    offer: 'You can remove {who} under “About this group”',
  },
  history_differs: {
    says: 'A device of {who} saw something else in this chat, at position {at} or before',
    todo: `A message may be hidden, added or moved for one of you. Compare what you both see ${outside}`,
  },
  history_split: {
    says: 'The server shows different things to different people in this chat',
    todo: `Do not rely on this chat. Compare what you see outside this server. ${operator}`,
  },
  gap_beyond_log: {
    says: 'The server says that messages are gone from a part of this chat that does not exist yet',
    todo: `Nothing was skipped for that. ${operator}`,
  },
  gap_untrue: {
    says: 'The server said that messages of this chat were gone, and shows one of them now',
    todo: `It kept messages from this device. Compare what you see with the other members ${outside}`,
  },
  wrong_place: {
    says: 'The server delivered a message at a place where it cannot have been stored',
    todo: 'A message or a change of this group may be hidden or moved. Compare with others what you see',
  },
  own_message_moved: {
    says: 'A message of yours is not where the server said that it stored it',
    todo: `Others may not have it, or see it elsewhere. Ask them ${outside}`,
  },
  messages_missing: {
    says: 'Messages of {who} are missing here ({count}), and the server gave no reason',
    todo: 'Ask {who} outside this server what they wrote',
  },
}
