import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const subgraphs = ['crm', 'email', 'analytics', 'consent'];

/** A room of the house: the folder that a file belongs to, as far as walls are concerned. */
function roomOf(path: string): string {
  const parts = path.split('/');
  if (parts[0] === 'subgraphs') return parts.length > 2 ? `subgraphs/${parts[1]}` : 'subgraphs';
  return parts.length > 1 ? (parts[0] as string) : path;
}

function filesUnder(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

const aliases: Record<string, string> = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).imports;

/** Where an import leads within the project, or null for a package. */
function target(file: string, specifier: string): string | null {
  if (specifier.startsWith('.')) return relative(root, resolve(root, dirname(file), specifier));
  for (const [alias, path] of Object.entries(aliases)) {
    const prefix = alias.slice(0, -1);
    if (specifier.startsWith(prefix)) return join(path.slice(0, -1), specifier.slice(prefix.length));
  }
  return null;
}

interface Import {
  readonly file: string;
  readonly specifier: string;
  readonly to: string;
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].flatMap(([, specifier = '']) => {
    const to = target(file, specifier);
    return to === null ? [] : [{ file, specifier, to }];
  });
}

const isTest = (file: string) => file.endsWith('.test.ts');
const imports = ['gateway', 'subgraphs', 'events', 'contracts', 'pages', 'cli', 'client']
  .filter((folder) => readdirSync(root).includes(folder))
  .flatMap(filesUnder)
  .flatMap(importsOf);

/** Who may import what: the first matching rule of a room lists the rooms it must not reach. */
function forbidden(from: string): (room: string) => boolean {
  if (from === 'gateway')
    return (room) => room.startsWith('subgraphs') || ['cli', 'pages', 'client'].includes(room);
  if (from === 'events')
    return (room) => room.startsWith('subgraphs') || ['gateway', 'cli', 'pages', 'client'].includes(room);
  if (from === 'subgraphs/chassis') return (room) => room !== 'subgraphs/chassis' && room !== 'events';
  if (from.startsWith('subgraphs/')) {
    return (room) => room !== from && room !== 'subgraphs/chassis' && room !== 'events';
  }
  if (from === 'contracts') return (room) => room === 'cli' || room === 'pages';
  if (from === 'pages') return (room) => !['pages', 'gateway', 'client'].includes(room);
  /* Others install it without the house. */
  if (from === 'client') return (room) => room !== 'client';
  return () => false;
}

describe('walls', () => {
  it('are not crossed', () => {
    const crossed = imports.filter(({ file, to }) => {
      const room = roomOf(to);
      const testsOwnHarness = isTest(file) && room === 'test';
      return !testsOwnHarness && forbidden(roomOf(file))(room);
    });
    expect(crossed.map(({ file, specifier }) => `${file} imports ${specifier}`)).toEqual([]);
  });

  it('sees every room', () => {
    const rooms = new Set(imports.map(({ file }) => roomOf(file)));
    for (const name of [
      'gateway',
      'pages',
      'cli',
      'client',
      ...subgraphs.map((subgraph) => `subgraphs/${subgraph}`),
    ]) {
      expect(rooms).toContain(name);
    }
  });

  it('are crossed by # imports and never by relative ones', () => {
    const crossed = imports.filter(
      ({ file, specifier, to }) => specifier.startsWith('.') && roomOf(file) !== roomOf(to),
    );
    expect(crossed.map(({ file, specifier }) => `${file} imports ${specifier}`)).toEqual([]);
  });

  it('keeps the test code out of the product', () => {
    const crossed = imports.filter(({ file, to }) => !isTest(file) && roomOf(to) === 'test');
    expect(crossed.map(({ file, specifier }) => `${file} imports ${specifier}`)).toEqual([]);
  });

  it('names no subgraph in the gateway', () => {
    const named = filesUnder('gateway')
      .filter((file) => !isTest(file))
      .filter((file) =>
        subgraphs.some((name) =>
          new RegExp(`['"\`]${name}['"\`]`).test(readFileSync(join(root, file), 'utf8')),
        ),
      );
    expect(named).toEqual([]);
  });
});
