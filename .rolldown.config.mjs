import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Makes dist/ of src/: a few files instead of hundreds, since finding and reading those took two
 * thirds of the time to start. Packages that are pure JavaScript are in them (devDependencies);
 * those with native parts, and whatever else `dependencies` name, are loaded from node_modules.
 */
const { dependencies, optionalDependencies } = JSON.parse(readFileSync('package.json', 'utf8'))
const INSTALLED = Object.keys({ ...dependencies, ...optionalDependencies })
/** Extras of the package `ws`, which does without them. */
const ABSENT = ['bufferutil', 'utf-8-validate']
const LICENSES = 'THIRD-PARTY-LICENSES.txt'

export default {
  input: {
    'cli/main': 'src/cli/main.ts',
    index: 'src/index.ts',
    // What the commands load when they need it.
    send: 'src/send.ts',
    receive: 'src/receive.ts',
    serve: 'src/serve.ts',
    verify: 'src/verify.ts',
    // A step of the build.
    'cli/write-manual-page': 'src/cli/write-manual-page.ts',
  },
  platform: 'node',
  external: [...INSTALLED, ...ABSENT],
  plugins: [lateSegmenters(), licenses()],
  output: {
    dir: 'dist',
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'part-[name]-[hash].js',
    // It reads package.json, and so has to be as deep in dist/ as it is in src/.
    codeSplitting: { groups: [{ name: 'versions', test: /\/src\/versions\.ts$/ }] },
    comments: { legal: true, annotation: true, jsdoc: false },
  },
}

/**
 * Has what measures text for the help make its segmenters when it is asked to: the first takes
 * several milliseconds, and hardly a run lays out any help.
 */
function lateSegmenters() {
  const made = 'const segmenter = new Intl.Segmenter();'
  const late = `let made;
const segmenter = { segment: (text) => (made ??= new Intl.Segmenter()).segment(text) };`
  let isFound = false
  return {
    name: 'late-segmenters',
    transform: {
      filter: { code: made },
      /** @param {string} code */
      handler: (code) => {
        isFound = true
        return code.replace(made, late)
      },
    },
    buildEnd: () => {
      if (!isFound) throw new Error('No package makes a segmenter as it is loaded any more')
    },
  }
}

/** Adds the licenses of all packages that are in the output, as they ask for. */
function licenses() {
  return {
    name: 'licenses',
    /** @param {unknown} _ @param {Record<string, { moduleIds?: string[] }>} bundle */
    generateBundle(_, bundle) {
      const modules = Object.values(bundle).flatMap(({ moduleIds = [] }) => moduleIds)
      const directories = new Set(modules.flatMap((id) => packageDirectory(id) ?? []))
      const texts = [...directories].sort().map(licenseOf)
      this.emitFile({ type: 'asset', fileName: LICENSES, source: texts.join('\n') })
    },
  }
}

/** @param {string} id of a module */
function packageDirectory(id) {
  return /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(id)?.[0]
}

/** @param {string} directory */
function licenseOf(directory) {
  const { name, version, license } = JSON.parse(
    readFileSync(join(directory, 'package.json'), 'utf8'),
  )
  const file = readdirSync(directory).find((each) => /^licen[cs]e/i.test(each))
  if (file === undefined && license === undefined) throw new Error(`${name} has no license`)
  const text = file === undefined ? `${license}\n` : readFileSync(join(directory, file), 'utf8')
  return `--- ${name} ${version} (${license})\n\n${text}`
}
