import { type DocumentNode, visit } from 'graphql';

/** A name, beginning like the one that is wished for, that a document uses for nothing. */
export function freeName(document: DocumentNode, wish: string): string {
  const taken = new Set<string>();
  visit(document, { Name: ({ value }) => void taken.add(value) });
  let name = wish;
  while (taken.has(name)) name += '_';
  return name;
}
