import type { settingsEn } from './settings-en.ts'

/** The words of the settings page and of what belongs to the account, in German. */
export const settingsDe: typeof settingsEn = {
  title: 'Einstellungen',
  open: 'Einstellungen',
  sections: {
    account: 'Konto',
    devices: 'Geräte',
    privacy: 'Privatsphäre',
    storage: 'Verlauf und Speicher',
    appearance: 'Sprache und Aussehen',
  },
  save: 'Speichern',
  working: 'Einen Moment …',
  offline: 'Dafür muss der Server erreichbar sein.',
  password: 'Dein Passwort',
  account: {
    signedInAs: (name) => `Du bist als ${name} angemeldet.`,
    change: 'Passwort ändern',
    changeWhy: 'Deine Nachrichten bleiben, ebenso deine Geräte und dein Wiederherstellungsschlüssel.',
    former: 'Altes Passwort',
    next: 'Neues Passwort',
    nextHint: 'Mindestens 10 Zeichen',
    endOthers: 'Auch meine anderen Geräte abmelden',
    changed: 'Dein Passwort ist geändert. Deine Nachrichten bleiben.',
    changedAll: 'Dein Passwort ist geändert. Alle anderen Geräte sind abgemeldet.',
    key: 'Wiederherstellungsschlüssel',
    keyWhy: 'Wenn du dein Passwort vergisst, öffnet nur dieser Schlüssel dein Konto. Niemand kann ihn dir schicken.',
    keySince: (day) => `Es gibt einen Schlüssel seit ${day}.`,
    noKey: 'Es gibt keinen Schlüssel.',
    check: 'Schlüssel prüfen',
    checkLabel: 'Der Schlüssel, den du aufbewahrt hast',
    checkNow: 'Prüfen',
    right: 'Dieser Schlüssel ist der richtige.',
    wrong: 'Dieser Schlüssel öffnet dein Konto nicht. Lege einen neuen an.',
    makeKey: 'Neuen Schlüssel anlegen',
    makeKeyWhy: 'Der Schlüssel, den du jetzt hast, öffnet dann nichts mehr.',
    makeNow: 'Schlüssel anlegen',
    leave: 'Abmelden',
    leaveWhy:
      'Deine Nachrichten verlassen diesen Browser. Sie kommen aus der Sicherung zurück, wenn du dich wieder anmeldest.',
    leaveNow: 'Abmelden',
    leaveAnyway: 'Trotzdem abmelden',
    onlyDevice:
      'Das ist dein einziges Gerät, und du hast nicht gesagt, dass du den Schlüssel aufbewahrt hast. Wenn du dein Passwort vergisst, kann niemand dein Konto wieder öffnen.',
    unsent: (count) =>
      count === 1
        ? '1 Nachricht ist noch nicht gesendet. Sie geht beim Abmelden verloren.'
        : `${count} Nachrichten sind noch nicht gesendet. Sie gehen beim Abmelden verloren.`,
    makeKeyFirst: 'Erst einen Schlüssel anlegen',
    leaveAll: 'Überall abmelden',
    leaveAllWhy: 'Alle deine Geräte werden abgemeldet, auch dieses. Jedes verlangt danach das Passwort.',
    remove: 'Konto löschen',
    removeWhy: 'Das lässt sich nicht rückgängig machen. Niemand kann deinen Namen wieder bekommen.',
    removeOpen: 'Mein Konto löschen …',
    removeList: 'Das geht verloren:',
    removeGroup: (name, successor) =>
      successor === undefined
        ? `Du verlässt die Gruppe ${name}.`
        : `Du verlässt die Gruppe ${name}, und ${successor} übernimmt deine Rolle.`,
    removeChats: (count) =>
      count === 1
        ? 'Dein Chat zu zweit endet. Die andere Person behält ihre Nachrichten.'
        : `Deine ${count} Chats zu zweit enden. Die anderen behalten ihre Nachrichten.`,
    removeDevices: (count) =>
      count === 1 ? 'Dein Gerät wird abgemeldet.' : `Deine ${count} Geräte werden abgemeldet.`,
    removeRest:
      'Dein Wiederherstellungsschlüssel, deine Sicherung und die Dateien, die sonst niemand holen kann, werden gelöscht.',
    removeName: (name) => `Gib deinen Namen ein: ${name}`,
    removeNow: 'Konto für immer löschen',
    removing: (left, of) => `Gruppe ${Math.min(left + 1, of)} von ${of} wird verlassen …`,
    removingNow: 'Wird gelöscht …',
    removeCancelled: 'Abgebrochen. Dein Konto gibt es noch. Verlassene Gruppen bleiben verlassen.',
    removed: (stuck) =>
      stuck === 0
        ? 'Dein Konto ist gelöscht, und nichts davon bleibt in diesem Browser.'
        : `Dein Konto ist gelöscht. ${stuck} Gruppen konnten nicht verlassen werden: ihre Admins können dich entfernen.`,
  },
  devices: {
    why: 'Diese Geräte können deine Nachrichten lesen. Ein Gerät, das du nicht kennst, gehört vielleicht jemand anderem.',
    list: 'Deine Geräte',
    thisOne: 'Dieses Gerät',
    kinds: { browser: 'Browser', terminal: 'Terminal', bot: 'Bot' },
    seen: (when) => `Zuletzt gesehen ${when}`,
    since: (when) => `Seit ${when}`,
    ended: 'Abgemeldet',
    idle: 'Abgemeldet, weil es lange nicht benutzt wurde',
    isNew: 'Neue Anmeldung',
    unsealed: 'Diesen Namen sagt nur der Server',
    rename: 'Umbenennen',
    nameOf: (name) => `Neuer Name für ${name}`,
    remove: 'Entfernen',
    removeTitle: (name) => `${name} entfernen?`,
    removeWhy: 'Entfernte Geräte können keine neuen Nachrichten lesen. Das lässt sich nicht rückgängig machen.',
    removed: (name) => `${name} ist entfernt. Es kann keine neuen Nachrichten lesen.`,
    endOthers: 'Alle anderen Geräte abmelden',
    endOthersWhy: 'Sie bleiben in der Liste und arbeiten weiter, wenn dort das Passwort eingegeben wird.',
    loggedOut: (count) => (count === 1 ? '1 Gerät ist abgemeldet.' : `${count} Geräte sind abgemeldet.`),
  },
  privacy: {
    why: 'Diese Schalter wirken in beide Richtungen, auf allen deinen Geräten: was du vor anderen verbirgst, siehst du auch von ihnen nicht.',
    receipts: 'Zustellung und Lesebestätigung',
    receiptsWhy: 'Andere sehen, wann ihre Nachricht angekommen ist und wann du sie gelesen hast.',
    typing: 'Tippen',
    typingWhy: 'Andere sehen, während du schreibst.',
    presence: 'Online und zuletzt gesehen',
    presenceWhy: 'Andere sehen, wann du hier bist.',
    blocked: 'Blockierte Personen',
    nobody: 'Du hast niemanden blockiert.',
    blockedWhy:
      'Sie erreichen dich nicht und erfahren nichts davon. Was sie inzwischen geschrieben haben, kommt nicht zurück.',
    endBlock: (name) => `${name} nicht mehr blockieren`,
    endBlockShort: 'Freigeben',
  },
  storage: {
    backup: 'Sicherung',
    backupWhy:
      'Die verschlüsselte Sicherung bringt deinen Verlauf auf ein neues Gerät. Der Server kann sie nicht lesen.',
    isOn: 'Meinen Verlauf sichern',
    upToDate: (lines, when) => `${lines} Nachrichten sind gesichert. Zuletzt ${when}.`,
    upToDateNoTime: (lines) => `${lines} Nachrichten sind gesichert.`,
    behind: 'Die neuesten Nachrichten sind noch nicht gesichert.',
    off: 'Die Sicherung ist aus. Was gespeichert ist, bleibt auf dem Server, und nichts kommt hinzu.',
    noKey: 'Dieser Browser hat noch keinen Schlüssel für die Sicherung. Gib dein Passwort ein, um ihm einen zu geben.',
    giveKey: 'Diesem Browser den Schlüssel geben',
    now: 'Jetzt sichern',
    nowDone: 'Alles ist gesichert.',
    backingUp: (lines) => `Wird gesichert … ${lines} Nachrichten`,
    missing: (count) =>
      count === 1
        ? 'Der Server gibt 1 Teil der Sicherung nicht heraus. Seine Nachrichten fehlen hier.'
        : `Der Server gibt ${count} Teile der Sicherung nicht heraus. Ihre Nachrichten fehlen hier.`,
    problem: 'Die letzte Sicherung hat nicht geklappt. Sie wird von selbst wiederholt.',
    restoring: (done, of) => `Dein Verlauf kommt zurück … ${done} von ${of}`,
    fromDevice: (done, of) => `Dein anderes Gerät schickt deinen Verlauf … ${done} von ${of}`,
    export: 'Export',
    exportWhy:
      'Eine Zip-Datei mit allen Chats, Dateien und Einstellungen, die dieser Browser hat. Sie ist nicht verschlüsselt: bewahre sie auf, wo nur du sie lesen kannst.',
    exportNow: 'Alles exportieren',
    exporting: (done, of) => `Wird exportiert … ${done} von ${of} Chats`,
    exportDone: (lines, files) => `Gespeichert: ${lines} Nachrichten und ${files} Dateien.`,
    exportMissing: (count) =>
      count === 1 ? '1 Datei konnte nicht geholt werden.' : `${count} Dateien konnten nicht geholt werden.`,
    use: 'Dieser Browser',
    used: (used, quota) => `FastChat belegt hier ${used} von ${quota}, die der Browser erlaubt.`,
    isKept: 'Der Browser behält das, auch wenn seine Festplatte voll ist.',
    notKept:
      'Der Browser darf das löschen, wenn seine Festplatte voll ist. Die Sicherung bringt es zurück. Sicherer ist es, FastChat zu installieren oder ihm das Speichern zu erlauben.',
    keep: 'Den Browser bitten, es zu behalten',
  },
  appearance: {
    theme: 'Farben',
    themes: { system: 'Wie das System', light: 'Hell', dark: 'Dunkel' },
    language: 'Sprache',
    asBrowser: 'Wie der Browser',
  },
  news: {
    title: 'Neues von deinem Konto',
    signIn: (name, when) => `Neue Anmeldung: ${name}${when === '' ? '' : `, ${when}`}`,
    aDevice: 'ein Gerät',
    signInWhy: 'Warst du das nicht? Entferne das Gerät, dann ändere dein Passwort.',
    idle: (name) => `${name} wurde abgemeldet, weil es 45 Tage nicht benutzt wurde.`,
    password: 'Dein Passwort wurde auf einem anderen Gerät geändert.',
    passwordWhy: 'Warst du das nicht? Setze es mit deinem Wiederherstellungsschlüssel zurück.',
    byRecovery: 'Dein Passwort wurde mit dem Wiederherstellungsschlüssel zurückgesetzt.',
    byRecoveryWhy:
      'Warst du das nicht? Jemand hat deinen Schlüssel: ändere das Passwort, und lege einen neuen Schlüssel an.',
    show: 'Geräte zeigen',
    showAccount: 'Konto zeigen',
    mine: 'Das war ich',
    ok: 'OK',
    reminder:
      'Du hast keinen Wiederherstellungsschlüssel aufbewahrt. Wenn du dein Passwort vergisst, ist dein Konto verloren.',
    makeOne: 'Schlüssel anlegen',
    haveOne: 'Ich habe ihn',
  },
  ended: {
    device_revoked: 'Dieses Gerät wurde aus deinem Konto entfernt. Es bekommt keine neuen Nachrichten.',
    session_idle: 'Dieses Gerät wurde lange nicht benutzt, darum wurde es abgemeldet.',
    session_ended: 'Dieses Gerät wurde abgemeldet.',
    nothingLost: 'Nichts ist verloren: gib dein Passwort ein, und es geht weiter, wo es war.',
    startsAgain:
      'Um diesen Browser wieder zu benutzen, melde dich an: er wird ein neues Gerät, und dein Verlauf kommt aus der Sicherung zurück.',
    notYou: 'Warst du das nicht? Dann ändere dein Passwort, sobald du angemeldet bist.',
    unsent: (count) =>
      count === 1
        ? '1 Nachricht dieses Browsers wurde nie gesendet. Kopiere sie, bevor du dich anmeldest.'
        : `${count} Nachrichten dieses Browsers wurden nie gesendet. Kopiere sie, bevor du dich anmeldest.`,
    again: 'Wieder anmelden',
    isDeleted: 'Wenn das Konto gelöscht wurde, öffnet es kein Passwort mehr.',
    erase: 'Alles aus diesem Browser entfernen',
    eraseSure: 'Jetzt entfernen',
    later: 'Nicht jetzt',
  },
  signIn: {
    taken: 'Dieser Name ist vergeben',
    free: 'Dieser Name ist frei',
    forgot: 'Passwort vergessen?',
    forgotTitle: 'Neues Passwort setzen',
    forgotWhy: 'Dein Wiederherstellungsschlüssel öffnet dein Konto. Nachrichten und Geräte bleiben.',
    key: 'Wiederherstellungsschlüssel',
    reset: 'Passwort setzen und anmelden',
    back: 'Zurück zur Anmeldung',
    noKey:
      'Ohne das Passwort und ohne den Schlüssel kann niemand dein Konto öffnen, auch nicht, wer den Server betreibt.',
    tooMany: 'Du hast so viele Geräte, wie du haben darfst. Wähle eins, das du nicht mehr benutzt: es wird entfernt.',
    makeRoom: (name, when) => `${name} entfernen, zuletzt benutzt ${when}`,
  },
  errors: {
    password_too_short: 'Das Passwort braucht mindestens 10 Zeichen',
    wrong_password: 'Das ist nicht dein Passwort',
    recovery_wrong: 'Der Name oder der Wiederherstellungsschlüssel ist falsch',
    recovery_key_invalid: 'Das ist kein Wiederherstellungsschlüssel, oder ein Buchstabe ist falsch',
    no_recovery_key: 'Dieses Konto hat keinen Wiederherstellungsschlüssel',
    recovery_old: 'Der Server zeigt einen alten Schlüssel. Lege einen neuen an',
    stale_version: 'Ein anderes Gerät hat das zur selben Zeit geändert. Versuche es wieder',
    change_uncertain: 'Es kam keine Antwort. Versuche es wieder: ein zweites Mal ändert nichts weiter',
    wrong_account: 'Der Server zeigt ein anderes Konto als deins. Sag es denen, die ihn betreiben',
    wrong_vault: 'Der Server bewahrt etwas anderes als dein Konto auf. Sag es denen, die ihn betreiben',
    too_many_devices: 'Du hast so viele Geräte, wie du haben darfst',
    invalid_name: 'Ein Name hat Buchstaben, Ziffern, Punkte und Striche',
    cancelled: 'Abgebrochen',
    session_ended: 'Dieses Gerät wurde abgemeldet. Melde dich wieder an',
    device_revoked: 'Dieses Gerät wurde aus deinem Konto entfernt. Melde dich wieder an',
    not_found: 'Der Server kennt dieses Gerät nicht mehr',
    backup_no_key: 'Dieser Browser hat noch keinen Schlüssel für die Sicherung',
    backup_busy: 'Deine anderen Geräte speichern gerade. Versuche es in einer Minute wieder',
    too_large: 'Dieser Verlauf ist zu groß für eine Datei. Nimm die Befehlszeile: fastchat export',
  },
}
