// @ts-check
/**
 * Makes `dist/` of `src/`: a bundle for each process and thread, in the folder of its entry, with what it loads later as files
 * beside it. The page in `src/ui` has a compiler of its own and is only copied from here.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { build } from 'rolldown';

const source = resolve(import.meta.dirname, 'src');
const output = resolve(import.meta.dirname, 'dist');

/** The program, and what it starts as a process or thread of its own: those files are named as `new URL('….js', import.meta.url)`. */
function entries() {
  const modules = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  const started = modules.flatMap((name) => {
    const named = readFileSync(join(source, name), 'utf8').matchAll(
      /new URL\('([^']+)\.js', import\.meta\.url\)/g,
    );
    return [...named].map(([, file = '']) => join(dirname(name), file));
  });
  return ['entry', ...new Set(started)];
}

/** What cannot be in a bundle: native parts, and a file that starts as a thread from where it is. */
const outside = ['bufferutil', 'lmdb', 'piscina'];

/**
 * A module finds other files from where it would be without bundles.
 *
 * @param {string} folder of the bundle: all its files are in there
 * @returns {import('rolldown').Plugin}
 */
function ownPlaces(folder) {
  return {
    name: 'own-places',
    transform: {
      filter: { id: /[\\/]src[\\/].*\.ts$/, code: 'import.meta.url' },
      handler(code, id) {
        const place = relative(join(source, folder), id).replaceAll('\\', '/').replace(/ts$/, 'js');
        return code.replaceAll('import.meta.url', `new URL('${place}', import.meta.url).href`);
      },
    },
  };
}

/** @param {string} entry */
async function bundle(entry) {
  const folder = dirname(entry);
  const { output: files } = await build({
    input: { [basename(entry)]: join(source, `${entry}.ts`) },
    platform: 'node',
    // `ownPlaces` moves nothing to another line.
    checks: { sourcemapBroken: false },
    external: outside,
    plugins: [ownPlaces(folder)],
    output: {
      dir: join(output, folder),
      entryFileNames: '[name].js',
      chunkFileNames: '[name].js',
      sourcemap: true,
    },
  });
  return files.flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []));
}

/**
 * What a bundle contains of others has to have their licences with it.
 *
 * @param {readonly string[]} modules
 */
function licences(modules) {
  const folders = modules.map(
    (id) => /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(id)?.[0] ?? '',
  );
  const texts = [...new Set(folders)].filter(Boolean).map((folder) => {
    /** @type {{ name: string, version: string, license: string }} */
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((one) => /^(?:licen[cs]e|copying)/i.test(one));
    return `${name} ${version} (${license})\n\n${file ? readFileSync(join(folder, file), 'utf8') : ''}`;
  });
  return [...new Set(texts)].toSorted().join(`\n${'-'.repeat(80)}\n\n`);
}

rmSync(output, { recursive: true, force: true });
const modules = await Promise.all(entries().map(bundle));
writeFileSync(join(output, 'LICENCES'), licences(modules.flat()));
mkdirSync(join(output, 'ui'));
for (const file of ['index.html', 'style.css']) cpSync(join(source, 'ui', file), join(output, 'ui', file));
