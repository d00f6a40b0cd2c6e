// Everything that doctor looks at: why it matters and the one command that mends it. How it is looked at is in the files of
// each family; docs/operations.md prints this table.

export type CatalogueEntry = {
  readonly why: string
  /** CONFIG, POLICY, STATE, PLANE and NAME stand for what they are on the host. Flags that doctor was given are added to commands of Sallyport. */
  readonly mend: string
  /** It needs no network. */
  readonly isOffline: boolean
}

const local = (why: string, mend: string): CatalogueEntry => ({ why, mend, isOffline: true })
const remote = (why: string, mend: string): CatalogueEntry => ({ why, mend, isOffline: false })

const log = 'journalctl -u sallyport -n 50'
const reach = 'sallyport egress'

/** In the order in which they are told: what a check depends on comes before it. */
export const catalogue = {
  'env.tls': local(
    'A variable or a flag of Node can let anybody on the way, or on the host, read the JumpCloud credential',
    'unset NODE_TLS_REJECT_UNAUTHORIZED NODE_OPTIONS',
  ),
  'process.root': local(
    'An agent that runs as root can do more on its host than it needs, whoever takes it over',
    'systemctl edit sallyport',
  ),
  'config.valid': local('Without its configuration the agent does not start', 'vi CONFIG'),
  'policy.valid': local(
    'Without a valid policy the agent does not start, because it would not know what is allowed',
    'vi POLICY',
  ),
  'state.directory': local('Identity, journal and ledger live in the state directory', 'install -d -m 0700 STATE'),
  'state.mode': local(
    'What lies in the state directory is for the user of the agent alone, who must be able to write there',
    'chmod -R u+rwX,go= STATE',
  ),
  'state.owner': local(
    'A file that belongs to somebody else, as after a command by root, cannot be read or replaced by the agent',
    'chown -Rh --reference=STATE STATE',
  ),
  'state.disk': local(
    'On a full disk neither journal nor ledger can be written, and then nothing is changed in JumpCloud',
    'df -h STATE',
  ),
  'policy.panic': local('While the panic switch is on, every run is refused', 'sallyport panic --lift'),
  'identity.valid': local(
    'By identity.json the control plane knows this host, and this host its control plane',
    'sallyport enrol --plane PLANE --code -',
  ),
  'journal.key': local(
    'The journal is closed by this key: whoever else can read it can read what runs were about, and without it the journal is lost',
    'chmod 600 STATE/journal.key',
  ),
  journal: local(
    'The journal is what survives a crash; after it was lost, changes wait until a person has looked',
    'sallyport resume',
  ),
  ledger: local(
    'The ledger is the evidence of what the agent did; one that is not whole proves nothing',
    'sallyport ledger verify',
  ),
  versions: local(
    'An agent that was not restarted after an upgrade still runs the old program',
    'systemctl restart sallyport',
  ),
  'plane.settings': local(
    'Certificate authorities and the password of the proxy are read from this host before anything is connected to',
    'sallyport egress',
  ),
  'plane.dns': remote('A name that does not resolve, or leads inside, is not connected to', 'getent hosts HOST'),
  'plane.tcp': remote('The one outgoing connection to the control plane begins with TCP', reach),
  'plane.proxy': remote('Where a proxy is named, it has to let this host on to the control plane', reach),
  'plane.tls': remote(
    'TLS shows that nobody reads along: a certificate that is not trusted ends the connection',
    'openssl s_client -connect HOST -showcerts',
  ),
  'plane.upgrade': remote(
    'The session is a WebSocket: what answers has to be a Sallyport control plane, and no proxy may refuse the upgrade',
    'curl -i -m 10 PLANE/healthz',
  ),
  'plane.protocol': remote('The two ends need a version of the protocol in common', 'sallyport --version'),
  'clock.skew': remote(
    'Time windows of the policy, the ledger and the events of JumpCloud go by the clock of this host',
    'timedatectl set-ntp true',
  ),
  'plane.enrolment': remote(
    'The control plane lets in only a replica that it knows, that is not revoked, and whose agent is not disabled',
    'sallyport enrol --plane PLANE --code -',
  ),
  'jumpcloud.settings': local(
    'Certificate authorities and the password of the proxy are read from this host before anything is connected to',
    'sallyport egress --connection NAME',
  ),
  'jumpcloud.dns': remote('A name that does not resolve, or leads inside, is not connected to', 'getent hosts HOST'),
  'jumpcloud.tcp': remote('Every call to JumpCloud begins with TCP', 'sallyport egress --connection NAME'),
  'jumpcloud.proxy': remote(
    'Where a proxy is named, it has to let this host on to JumpCloud',
    'sallyport egress --connection NAME',
  ),
  'jumpcloud.tls': remote(
    'The JumpCloud key is sent to nobody whose certificate is not trusted',
    'openssl s_client -connect HOST -showcerts',
  ),
  'key.source': local('A connection without a readable secret takes no runs', 'sallyport token set NAME'),
  'key.expiry': local(
    'JumpCloud refuses a credential that has ended, and every run with it',
    'sallyport token set NAME',
  ),
  'key.age': local(
    'A key that is never changed may long be in hands that nobody knows of; JumpCloud lets keys end after 90 days by default',
    'sallyport token set NAME',
  ),
  'jumpcloud.credential': remote('JumpCloud has to take the credential', 'sallyport token test NAME'),
  'jumpcloud.organisation': remote(
    'A credential may see several organisations, and nothing is done before it is certain which one is meant',
    'sallyport token test NAME',
  ),
  'jumpcloud.jobs': remote(
    'A job that the policy allows fails where the role behind the credential, or the plan, does not',
    'sallyport token test NAME',
  ),
  'agent.running': local('Jobs are done only while the agent runs', 'systemctl restart sallyport'),
  'unit.hardening': local(
    'The unit confines the process: what it may not do, nobody who takes it over may do either',
    'systemd-analyze security sallyport.service',
  ),
  'unit.watchdog': local(
    'systemd restarts an agent that hangs only where the unit has a watchdog',
    'systemctl cat sallyport.service',
  ),
  'agent.ready': local('An agent that runs and is not ready takes no work', log),
  'plane.run': remote(
    'A run that was asked for, came and was answered went the whole way: control plane, session, policy, JumpCloud and back',
    'sallyport ledger tail',
  ),
} as const satisfies Record<string, CatalogueEntry>

export type CheckId = keyof typeof catalogue

// Object.keys widens the key.
export const checkIds = Object.keys(catalogue) as readonly CheckId[]
