// Columns of numbers, one for each name in a training's log; null where a row does not say.
export type Columns = Record<string, (number | null)[]>;

/** Adds a row; what only some rows have is null in the others. */
export function addRow(columns: Columns, row: Record<string, unknown>): Columns {
  const length = Math.max(0, ...Object.values(columns).map((column) => column.length));
  const grown: Columns = {};
  const names = new Set([...Object.keys(columns), ...Object.keys(row).filter((name) => typeof row[name] === 'number' || row[name] === null)]);
  for (const name of names) {
    const value = row[name];
    grown[name] = [...(columns[name] ?? Array<null>(length).fill(null)), typeof value === 'number' ? value : null];
  }
  return grown;
}
