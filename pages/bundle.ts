import { basename } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import type { Asset } from '#gateway/transports/site.ts';

/** What a page loads, as URLs of this gateway. */
export interface Bundle {
  /** The module that the page starts with, and workers by the name of their entry. */
  readonly scripts: Readonly<Record<string, string>>;
  readonly styles: readonly string[];
  /** Fonts that text is first painted with. */
  readonly fonts: readonly string[];
}

/** Files to start from, by name: `.ts`, `.js` or `.css`, as a path or a package's. */
export type Entries = Readonly<Record<string, string>>;

export interface BundleSource {
  readonly entries: Entries;
  /** Started by `new Worker(url)`, each in a file of its own. */
  readonly workers?: Entries;
}

export interface Bundler {
  /** Made on the first call and kept. One that fails is tried again by the next call. */
  readonly bundle: () => Promise<Bundle>;
}

const publicPath = '/assets';
const contentTypes: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  png: 'image/png',
  svg: 'image/svg+xml',
  ttf: 'font/ttf',
  woff2: 'font/woff2',
};

const options = {
  bundle: true,
  minify: true,
  write: false,
  absWorkingDir: import.meta.dirname,
  outdir: '/assets',
  publicPath,
  target: 'es2022',
  logLevel: 'silent',
  define: { 'process.env.NODE_ENV': '"production"' },
  loader: { '.png': 'file', '.svg': 'file', '.ttf': 'file', '.woff2': 'file' },
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  assetNames: '[name]-[hash]',
} as const satisfies BuildOptions;

/** Files of all bundles made so far, by name. */
export type Assets = Map<string, Asset>;

/**
 * Makes the browser's half of a page from its sources, in memory: whoever starts the gateway has nothing to build.
 * Names hold a hash of the content.
 */
export function createBundler({ entries, workers = {} }: BundleSource, assets: Assets): Bundler {
  let made: Promise<Bundle> | undefined;
  return {
    bundle: () => {
      made ??= makeBundle(entries, workers, assets).catch((error: unknown) => {
        made = undefined;
        throw error;
      });
      return made;
    },
  };
}

async function makeBundle(entries: Entries, workers: Entries, assets: Assets): Promise<Bundle> {
  const outcomes = await Promise.all([
    build({ ...options, entryPoints: { ...entries }, format: 'esm', splitting: true, metafile: true }),
    build({ ...options, entryPoints: { ...workers }, format: 'iife', metafile: true }),
  ]);
  const styles: string[] = [];
  const fonts: string[] = [];
  const scripts: Record<string, string> = {};
  const names = Object.keys({ ...entries, ...workers });
  for (const { outputFiles, metafile } of outcomes) {
    for (const { path, contents } of outputFiles) {
      const name = basename(path);
      const extension = name.split('.').at(-1) ?? '';
      assets.set(name, {
        contentType: contentTypes[extension] ?? 'application/octet-stream',
        body: Buffer.from(contents.buffer, contents.byteOffset, contents.byteLength),
      });
      if (/^inter-latin-wght/.test(name)) fonts.push(`${publicPath}/${name}`);
    }
    for (const [path, { entryPoint }] of Object.entries(metafile.outputs)) {
      const file = basename(path);
      const url = `${publicPath}/${file}`;
      if (file.endsWith('.css')) styles.push(url);
      const name = names.find((one) => file.startsWith(`${one}-`));
      if (entryPoint !== undefined && name !== undefined && file.endsWith('.js')) scripts[name] = url;
    }
  }
  return { scripts, styles, fonts };
}
