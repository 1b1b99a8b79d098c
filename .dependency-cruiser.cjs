/**
 * Imports go one way: cli -> roots (send, receive, serve, doctor, index) -> session -> parts -> errors,
 * events, limits.
 * Parts do not know each other; what one needs of another is handed to it by a root.
 */
const PARTS = [
  'code',
  'compression',
  'secure',
  'rendezvous',
  'relay',
  'lan',
  'peer',
  'transfer',
  'files',
  'diagnosis',
]
const BASE = '^src/(deferred|diagnostics|errors|events|limits|printable)\\.ts$'

/** Each npm package enters through one folder. */
const PACKAGES = {
  '@noble/': 'secure',
  '@scure/bip39': 'code',
  'socket.io': 'rendezvous',
  'socket.io-client': 'rendezvous',
  'https-proxy-agent': 'rendezvous',
  'socks-proxy-agent': 'rendezvous',
  'rate-limiter-flexible': 'rendezvous',
  pino: 'rendezvous',
  'bonjour-service': 'lan',
  'lz4-napi': 'compression',
  ignore: 'files',
  'simple-peer': 'peer',
  '@roamhq/wrtc': 'peer',
  yargs: 'cli',
  'lean-qr': 'cli',
  'cli-progress': 'cli',
  'env-paths': 'cli',
}

const packagePath = (name) =>
  `(^|/)node_modules/(@types/)?${name.replace('.', '\\.')}${name.endsWith('/') ? '' : '/'}`

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'base-imports-nothing',
      severity: 'error',
      from: { path: BASE },
      to: { pathNot: BASE },
    },
    ...PARTS.map((part) => ({
      name: `${part}-knows-no-other-part`,
      severity: 'error',
      from: { path: `^src/${part}/` },
      to: { path: '^src/', pathNot: [`^src/${part}/`, BASE] },
    })),
    {
      name: 'session-knows-no-root',
      comment: 'session/ joins the parts for the roots; it stands above them and below the roots.',
      severity: 'error',
      from: { path: '^src/session/' },
      to: { path: '^src/(cli/|[^/]+\\.ts$)', pathNot: BASE },
    },
    {
      name: 'roots-do-not-print',
      severity: 'error',
      from: { path: '^src/[^/]+\\.ts$' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'cli-goes-through-the-roots',
      severity: 'error',
      from: { path: '^src/cli/' },
      to: {
        path: '^src/',
        pathNot: [
          '^src/cli/',
          '^src/(send|receive|serve|verify|doctor(-with)?|versions)\\.ts$',
          BASE,
        ],
      },
    },
    {
      name: 'secure-runs-in-browsers',
      comment: 'Only the bulk cipher has a variant for Node.',
      severity: 'error',
      from: { path: '^src/secure/', pathNot: '\\.node\\.ts$' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'state-machines-are-pure',
      comment: 'transfer sees channels, sources and sinks as interfaces of its own.',
      severity: 'error',
      from: { path: '^src/transfer/' },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?crypto$' },
    },
    ...Object.entries(PACKAGES).map(([name, folder]) => ({
      name: `${name.replace('/', '')}-enters-through-${folder}`,
      severity: 'error',
      from: { pathNot: `^src/${folder}/` },
      to: { path: packagePath(name) },
    })),
    {
      name: 'only-declared-packages',
      severity: 'error',
      from: { path: '^(src|bin)/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'unknown', 'undetermined'] },
    },
    {
      name: 'only-packages-for-the-program',
      comment:
        'The build puts them into dist/, so that they are devDependencies: not those for tests.',
      severity: 'error',
      from: { path: '^(src|bin)/' },
      to: {
        dependencyTypes: ['npm-dev'],
        pathNot: [...Object.keys(PACKAGES), 'valibot'].map(packagePath),
      },
    },
    {
      name: 'everything-resolves',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^\\.\\./dist/' },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: BASE },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
}
